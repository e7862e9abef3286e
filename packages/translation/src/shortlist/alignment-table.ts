import { type Examples, sequence } from '../data/examples.js'

export interface AlignmentOptions {
  /** Rounds of expectation and maximisation. Default 5, as in fast_align. */
  iterations?: number
  /** Probability that a target token translates nothing. Default 0.08 (Dyer et al. 2013). 0 leaves that out. */
  nullProbability?: number
  /** How much alignments hold to the diagonal: λ of Dyer et al. 2013, default 4; 0 is IBM's model 1. */
  tension?: number
}

/** Which target tokens source tokens are seen with: row s holds `targets[starts[s]]` to `targets[starts[s + 1] - 1]`, ascending. */
interface Cooccurrence {
  readonly starts: Uint32Array
  readonly targets: Int32Array
  /** Where (s, t) stands. */
  indexOf(source: number, target: number): number
}

/**
 * p(t | s), the probability that source token s is translated by target token t, learnt from sentence pairs by
 * expectation–maximisation: IBM's model 1 (Brown et al. 1993) with the prior of Dyer, Chahuneau and Smith 2013, "A Simple,
 * Fast, and Effective Reparameterization of IBM Model 2", equation 1: target token i of m comes from nothing with
 * probability p₀, and from source token j of n with (1 − p₀) · exp(−λ |i/m − j/n|) / Z.
 */
export class AlignmentTable {
  private constructor(
    readonly vocabSize: number,
    private readonly rows: Cooccurrence,
    private readonly probabilities: Float32Array,
  ) {}

  /** From encoded pairs whose ids are below `vocabSize`. Takes about 10 bytes for each pair of tokens ever seen together. */
  static learn(examples: Examples, vocabSize: number, options: AlignmentOptions = {}): AlignmentTable {
    const { iterations = 5, nullProbability = 0.08, tension = 4 } = options
    // Nothing is one more source token, after the vocabulary.
    const rows = cooccurrence(examples, vocabSize)
    // Every token is translated by every other equally well: only shares count.
    const probabilities = new Float32Array(rows.targets.length).fill(1)
    const prior = { nullProbability, tension }
    for (let i = 0; i < iterations; i++) reestimate(examples, vocabSize, rows, probabilities, prior)
    return new AlignmentTable(vocabSize, rows, probabilities)
  }

  /** p(target | source); 0 for tokens that were never seen in one pair. */
  probability(source: number, target: number): number {
    const { starts, targets } = this.rows
    const row = targets.subarray(starts[source], starts[source + 1])
    const index = this.rows.indexOf(source, target)
    return row.includes(target) ? (this.probabilities[index] as number) : 0
  }

  /** The most probable translations of a source token, best first: at most `count`, of at least `least` probability. */
  best(source: number, count: number, least: number): Int32Array {
    const { starts, targets } = this.rows
    const found: number[] = []
    for (let i = starts[source] as number; i < (starts[source + 1] as number); i++) {
      if ((this.probabilities[i] as number) >= least) found.push(i)
    }
    found.sort((a, b) => (this.probabilities[b] as number) - (this.probabilities[a] as number) || a - b)
    return Int32Array.from(found.slice(0, count), (i) => targets[i] as number)
  }
}

function reestimate(
  examples: Examples,
  nothing: number,
  { starts, indexOf }: Cooccurrence,
  probabilities: Float32Array,
  { nullProbability, tension }: { nullProbability: number; tension: number },
): void {
  const counts = new Float64Array(probabilities.length)
  let [weights, places] = [new Float64Array(64), new Uint32Array(64)]
  for (let example = 0; example < examples.count; example++) {
    const source = sequence(examples.sources, example)
    const target = sequence(examples.targets, example)
    const [n, m] = [source.length, target.length]
    if (n >= weights.length) [weights, places] = [new Float64Array(2 * n), new Uint32Array(2 * n)]
    for (let i = 0; i < m; i++) {
      const t = target[i] as number
      let z = 0
      for (let j = 0; j < n; j++) {
        weights[j] = tension === 0 ? 1 : Math.exp(-tension * Math.abs((i + 1) / m - (j + 1) / n))
        z += weights[j] as number
      }
      let total = 0
      for (let j = 0; j < n; j++) {
        const place = indexOf(source[j] as number, t)
        places[j] = place
        weights[j] = (((1 - nullProbability) * (weights[j] as number)) / z) * (probabilities[place] as number)
        total += weights[j] as number
      }
      places[n] = indexOf(nothing, t)
      weights[n] = nullProbability * (probabilities[places[n] as number] as number)
      total += weights[n] as number
      if (total === 0) continue
      for (let j = 0; j <= n; j++) counts[places[j] as number] = (counts[places[j] as number] as number) + (weights[j] as number) / total
    }
  }
  for (let s = 0; s <= nothing; s++) {
    const [start, end] = [starts[s] as number, starts[s + 1] as number]
    let sum = 0
    for (let i = start; i < end; i++) sum += counts[i] as number
    if (sum === 0) continue
    for (let i = start; i < end; i++) probabilities[i] = (counts[i] as number) / sum
  }
}

/** Which tokens meet, as bits; a token's place in its row is the number of bits before its own. */
function cooccurrence(examples: Examples, vocabSize: number): Cooccurrence {
  const words = Math.ceil(vocabSize / 32)
  const bits = new Uint32Array((vocabSize + 1) * words)
  for (let example = 0; example < examples.count; example++) {
    const target = sequence(examples.targets, example)
    const mark = (source: number) => {
      for (const t of target) bits[source * words + (t >>> 5)]! |= 1 << (t & 31)
    }
    for (const s of sequence(examples.sources, example)) mark(s)
    mark(vocabSize)
  }
  const before = new Uint32Array(bits.length)
  const starts = new Uint32Array(vocabSize + 2)
  let total = 0
  for (let word = 0; word < bits.length; word++) {
    if (word % words === 0) starts[word / words] = total
    before[word] = total
    total += bitCount(bits[word] as number)
  }
  starts[vocabSize + 1] = total
  const targets = new Int32Array(total)
  let at = 0
  for (let word = 0; word < bits.length; word++) {
    for (let rest = bits[word] as number; rest !== 0; rest &= rest - 1) {
      targets[at++] = (word % words) * 32 + (31 - Math.clz32(rest & -rest))
    }
  }
  const indexOf = (source: number, target: number): number => {
    const word = source * words + (target >>> 5)
    return (before[word] as number) + bitCount((bits[word] as number) & ((1 << (target & 31)) - 1))
  }
  return { starts, targets, indexOf }
}

/** How many bits of a 32-bit word are set (Warren, "Hacker's Delight", figure 5-2). */
function bitCount(word: number): number {
  let x = word - ((word >>> 1) & 0x55555555)
  x = (x & 0x33333333) + ((x >>> 2) & 0x33333333)
  return Math.imul((x + (x >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24
}
