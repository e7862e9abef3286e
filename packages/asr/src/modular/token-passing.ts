import { BLANK } from '../tokens/blank.js'
import { checkCount, checkNumber } from '../search/checks.js'
import { frameScores } from '../search/frame-scores.js'
import type { FrameSearch } from '../search/frame-search.js'
import { commonLength, EMPTY_PREFIX, extended, type Prefix } from '../search/prefix.js'
import { noTokens, type ScoredTokens } from '../search/timed-tokens.js'
import { type LanguageContext, LanguageContexts } from './language-context.js'
import type { PrefixTree } from './prefix-tree.js'
import type { WordLanguageModel } from '../search/word-language-model.js'

export interface TokenPassingOptions {
  /** Over the words of the tree. Default: every word is as likely as any other. */
  languageModel?: WordLanguageModel
  /** Of the language model's log-probabilities. Default 1. */
  languageModelWeight?: number
  /** Added for every word. Default 0. */
  insertionBonus?: number
  /** Taken from the log-probability of the blank. Default 0. */
  blankPenalty?: number
  /** How far below the best a hypothesis may fall, in nats. Default 20. */
  beam?: number
  /** Hypotheses kept at most (histogram pruning). Default 400. */
  beamSize?: number
}

/** The words of a hypothesis, as a list that grows at its end. */
interface WordLink {
  readonly before: WordLink | undefined
  readonly words: Prefix
  /** First and last encoder frame. */
  readonly start: number
  readonly end: number
  readonly logProb: number
}

/** What is passed from state to state: a hypothesis. */
interface Token {
  readonly node: number
  /** The acoustic token heard last, the blank among them: it may go on without being heard anew. */
  readonly last: number
  readonly context: LanguageContext
  readonly score: number
  readonly words: WordLink | undefined
  /** Frame at which the word began. */
  readonly start: number
  /** The greatest log-probability of the phone that is being heard, and the least of the word's phones before it. */
  readonly phone: number
  readonly worst: number
}

interface PassingState {
  tokens: Token[]
  frames: number
}

/**
 * The search of the classical modular recogniser (token passing: Young, Russell and Thornton 1989; prefix trees with language
 * model look-ahead: Ney and Ortmanns 2000): the best path through phones of the acoustic model, with the topology of CTC,
 * that spells words of the lexicon, under phones' and words' probabilities together. A frame is the acoustic model's
 * log-probabilities, (vocabSize).
 *
 * Tokens that it finds are words, numbered as in `tree.words`: their frame is the first of their first phone, their end the
 * last one of their last phone, their probability that of their least certain phone. Hypotheses of one language model state
 * and place in the tree are merged, the better one kept.
 *
 * @param vocabSize of the acoustic model
 * @throws RangeError for options that make no sense
 */
export function tokenPassing(tree: PrefixTree, vocabSize: number, options: TokenPassingOptions = {}): FrameSearch<unknown> {
  const { languageModel, languageModelWeight = 1, insertionBonus = 0, blankPenalty = 0, beam = 20, beamSize = 400 } = options
  checkNumber('The weight of the language model', languageModelWeight)
  checkNumber('The insertion bonus', insertionBonus)
  checkNumber('The blank penalty', blankPenalty)
  checkNumber('The beam', beam)
  checkCount('The beam size', beamSize)
  const contexts = new LanguageContexts(tree, languageModel, languageModelWeight, insertionBonus)
  const pass = new Passing(tree, vocabSize, beam, beamSize)
  const search: FrameSearch<PassingState> = {
    start: () => ({ tokens: [pass.begin(contexts.start)], frames: 0 }),
    advance(states, encoded) {
      for (const [i, state] of states.entries()) {
        for (const scores of frameScores(encoded[i] as Float32Array, vocabSize, blankPenalty)) state.tokens = pass.hear(state.tokens, scores, state.frames++)
      }
    },
    found: ({ tokens }) => results(tokens)[0] ?? noTokens(),
    hypotheses: ({ tokens }) => results(tokens),
    settled: ({ tokens }) => commonLength(tokens.map(({ words }) => words?.words ?? EMPTY_PREFIX)),
  }
  return search as FrameSearch<unknown>
}

/** One frame after the other. */
class Passing {
  /** The frame's hypotheses by place in the tree, what may be repeated there, and context. */
  private best = new Map<number, Token>()
  private top = -Infinity

  constructor(
    private readonly tree: PrefixTree,
    private readonly vocabSize: number,
    private readonly beam: number,
    private readonly beamSize: number,
  ) {}

  begin(context: LanguageContext): Token {
    return { node: 0, last: BLANK, context, score: context.ahead[0] as number, words: undefined, start: 0, phone: 0, worst: 0 }
  }

  hear(tokens: readonly Token[], scores: Float32Array, frame: number): Token[] {
    const { tree } = this
    this.best = new Map()
    this.top = -Infinity
    const blank = scores[BLANK] as number
    for (const token of tokens) {
      const { node, last, context, score, words, start, phone, worst } = token
      const children = tree.children[node] as readonly number[]
      // Silence behind a word is heard at the root.
      if (node === 0 || children.length > 0) this.put(score + blank, node, BLANK, context, words, start, phone, worst)
      // A phone goes on; behind a word, its last phone is the word's.
      if (node !== 0 && last !== BLANK) {
        const again = scores[last] as number
        this.put(score + again, node, last, context, words, start, Math.max(phone, again), worst)
      }
      const ahead = context.ahead[node] as number
      const [began, before] = node === 0 ? [frame, 0] : [start, Math.min(worst, phone)]
      for (const child of children) {
        const id = tree.tokens[child] as number
        if (id === last) continue
        const heard = scores[id] as number
        this.put(score + heard + (context.ahead[child] as number) - ahead, child, id, context, words, began, heard, before)
      }
    }
    // What this adds has no words behind it.
    for (const token of this.best.values()) if (token.last !== BLANK) this.endWords(token, frame)
    return this.pruned()
  }

  /** Words that end with the phone just heard; the phone may go on all the same. */
  private endWords({ node, last, context, score, words: before, start, phone, worst }: Token, frame: number): void {
    if (score < this.top - this.beam) return
    for (const word of this.tree.ends[node] as readonly number[]) {
      const next = context.next(word)
      const total = score + (context.scores[word] as number) - (context.ahead[node] as number) + (next.ahead[0] as number)
      const words = { before, words: extended(before?.words ?? EMPTY_PREFIX, word), start, end: frame, logProb: Math.min(worst, phone) }
      this.put(total, 0, last, next, words, start, phone, worst)
    }
  }

  /** Keeps a hypothesis if it is near the best and better than its like. */
  private put(
    score: number, node: number, last: number, context: LanguageContext, words: WordLink | undefined, start: number, phone: number, worst: number,
  ): void {
    // Also drops NaN, and words that cannot come.
    if (!(score > this.top - this.beam)) return
    const key = (context.id * this.tree.tokens.length + node) * this.vocabSize + last
    const other = this.best.get(key)
    if (other && other.score >= score) return
    this.best.set(key, { node, last, context, score, words, start, phone, worst })
    if (score > this.top) this.top = score
  }

  private pruned(): Token[] {
    const threshold = this.top - this.beam
    const kept = [...this.best.values()].filter(({ score }) => score >= threshold)
    if (kept.length <= this.beamSize) return kept
    return kept.sort((a, b) => b.score - a.score).slice(0, this.beamSize)
  }
}

/** Hypotheses that end with a whole word, each sequence of words once; of none, what is there of the best. */
function results(tokens: readonly Token[]): ScoredTokens[] {
  const whole = tokens.filter(({ node }) => node === 0)
  const scored = (whole.length > 0 ? whole : tokens).map(({ node, context, score, words }) => ({
    words,
    score: score - (context.ahead[node] as number) + (node === 0 ? context.end : 0),
  }))
  scored.sort((a, b) => b.score - a.score)
  const found = new Map<string, ScoredTokens>()
  for (const { words, score } of scored) {
    const one = written(words, score)
    const key = one.tokens.join(' ')
    if (!found.has(key)) found.set(key, one)
  }
  return [...found.values()]
}

function written(last: WordLink | undefined, score: number): ScoredTokens {
  const links: WordLink[] = []
  for (let link = last; link; link = link.before) links.unshift(link)
  return {
    tokens: links.map(({ words }) => words.token),
    frames: links.map(({ start }) => start),
    ends: links.map(({ end }) => end),
    logProbs: links.map(({ logProb }) => logProb),
    score,
  }
}
