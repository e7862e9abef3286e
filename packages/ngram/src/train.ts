import { continuationCounts, countNgrams, type CountedLevel } from './counts.js'
import { estimateDiscounts, type Discounts } from './discounts.js'
import { NgramError } from './errors.js'
import { NgramModel, type Level } from './model.js'

export interface NgramOptions {
  /** The longest n-grams, in tokens; default 5. */
  readonly order?: number
  /** Number of token ids; every token is in [0, vocabSize). */
  readonly vocabSize: number
  /**
   * The token appended to every sequence: give it for separate sentences, whose probabilities then sum to 1 over
   * all sentences. Leave it out for streams of tokens, scored as they come.
   */
  readonly eos?: number
}

/**
 * Estimates an interpolated modified Kneser-Ney model (Chen & Goodman 1998, "An Empirical Study of Smoothing
 * Techniques for Language Modeling", section 3.6):
 *
 *   P(w | c) = (a(cw) − D(a(cw))) / Σ_v a(cv) + γ(c) P(w | c′)
 *
 * where a is the count at the highest order and below it the number of different left neighbours (the count
 * again where the n-gram begins a sequence), c′ is c without its first token, and γ(c) makes it sum to 1. Unigrams are interpolated with the uniform distribution
 * over the vocabulary, so that tokens never seen have a probability too. Nothing is pruned.
 *
 * Time and memory grow linearly: about 100 bytes per token at order 5.
 *
 * @param sequences each begins anew: no n-gram crosses from one to the next
 * @throws NgramError for impossible options, tokens outside the vocabulary, or no tokens at all
 */
export function trainNgram(sequences: Iterable<ArrayLike<number>>, options: NgramOptions): NgramModel {
  const { order = 5, vocabSize, eos } = options
  if (!(Number.isInteger(vocabSize) && vocabSize >= 1 && vocabSize < 2 ** 30)) {
    throw new NgramError(`vocabSize must be a positive integer, got ${vocabSize}`)
  }
  if (!(Number.isInteger(order) && order >= 1)) throw new NgramError(`order must be a positive integer, got ${order}`)
  if (eos !== undefined && !(Number.isInteger(eos) && eos >= 0 && eos < vocabSize)) {
    throw new NgramError(`eos ${eos} is outside the vocabulary of ${vocabSize}`)
  }
  const counted = countNgrams(joinSequences(sequences, vocabSize, eos), vocabSize, order)
  return new NgramModel(smooth(counted, vocabSize), vocabSize, eos)
}

/** All sequences in one text, each between a bos (which is vocabSize) and an eos if there is one. */
function joinSequences(sequences: Iterable<ArrayLike<number>>, vocabSize: number, eos: number | undefined): Int32Array {
  let text = new Int32Array(1024)
  let size = 0
  let sequence = 0
  for (const tokens of sequences) {
    const needed = size + tokens.length + 2
    if (needed > text.length) {
      const grown = new Int32Array(Math.max(needed, 2 * text.length))
      grown.set(text)
      text = grown
    }
    text[size++] = vocabSize
    for (let i = 0; i < tokens.length; i++) {
      const token = tokens[i]!
      if (!(Number.isInteger(token) && token >= 0 && token < vocabSize)) {
        throw new NgramError(
          `token ${token} at position ${i} of sequence ${sequence} is outside the vocabulary of ${vocabSize}`)
      }
      text[size++] = token
    }
    if (eos !== undefined) text[size++] = eos
    sequence++
  }
  if (size === sequence) throw new NgramError('there are no tokens to train on')
  return text.slice(0, size)
}

function smooth(counted: readonly CountedLevel[], vocabSize: number): Level[] {
  const levels: Level[] = []
  let lower: Float64Array = new Float64Array(vocabSize + 1).fill(1 / vocabSize)
  counted.forEach((level, i) => {
    const longer = counted[i + 1]
    const adjusted = longer === undefined ? level.counts : continuationCounts(level, longer)
    // The bos is counted as a context, but it is not a word that could come next.
    const counts = i === 0 ? adjusted.subarray(0, vocabSize) : adjusted
    const discounts = estimateDiscounts(counts)
    const shorter = levels[i - 1]
    const children = shorter === undefined ? Int32Array.of(0, vocabSize) : shorter.children
    const backoffs = shorter === undefined ? new Float32Array(1) : shorter.backoffs
    const suffixes = i === 0 ? level.words : level.suffixes
    const probabilities = interpolate(counts, discounts, children, suffixes, lower, backoffs, level.words.length)
    levels.push({
      words: level.words,
      logProbs: logarithms(probabilities),
      backoffs: new Float32Array(longer === undefined ? 0 : level.words.length),
      children: longer === undefined ? new Int32Array(0) : childRanges(longer.contexts, level.words.length),
    })
    lower = probabilities
  })
  return levels
}

/**
 * Probabilities of one order from those of the order below, context by context.
 *
 * @param lower (nodes of the order below) probabilities; `suffixes` (nodes) points into it
 * @param backoffs (contexts) is filled in with ln γ; contexts that nothing follows keep 0
 */
function interpolate(
  counts: Int32Array, discounts: Discounts, children: Int32Array, suffixes: Int32Array,
  lower: Float64Array, backoffs: Float32Array, nodes: number,
): Float64Array {
  const probabilities = new Float64Array(nodes)
  const discountOf = [0, ...discounts] as const
  for (let context = 0; context + 1 < children.length; context++) {
    const from = children[context]!
    const to = children[context + 1]!
    if (from === to) continue
    let total = 0
    let discounted = 0
    for (let node = from; node < to; node++) {
      total += counts[node]!
      discounted += discountOf[Math.min(counts[node]!, 3)]!
    }
    const weight = discounted / total
    backoffs[context] = Math.log(weight)
    for (let node = from; node < to; node++) {
      const count = counts[node]!
      probabilities[node] = (count - discountOf[Math.min(count, 3)]!) / total + weight * lower[suffixes[node]!]!
    }
  }
  return probabilities
}

function logarithms(probabilities: Float64Array): Float32Array {
  // A plain loop: `from` with a function goes through an iterator, many times slower.
  const logProbs = new Float32Array(probabilities.length)
  for (let i = 0; i < logProbs.length; i++) logProbs[i] = Math.log(probabilities[i]!)
  return logProbs
}

/** (contexts + 1) where each context's nodes begin, given each node's context in ascending order. */
function childRanges(contexts: Int32Array, size: number): Int32Array {
  const ranges = new Int32Array(size + 1)
  for (let i = 0; i < contexts.length; i++) ranges[contexts[i]! + 1]!++
  for (let i = 0; i < size; i++) ranges[i + 1]! += ranges[i]!
  return ranges
}
