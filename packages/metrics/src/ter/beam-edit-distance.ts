/** How far from the diagonal alignments are looked for. */
const BEAM_WIDTH = 25

const UNREACHED = 2 ** 30
const DIAGONAL = 0
const HYPOTHESIS_ONLY = 1
const REFERENCE_ONLY = 2

/** How hypothesis and reference positions correspond. */
export interface TerAlignment {
  readonly edits: number
  /** (reference) the hypothesis position that each reference word is at, or comes after when it is missing; -1: before all. */
  readonly positions: Int32Array
  /** (hypothesis) 1 where a word is wrong or superfluous. */
  readonly hypothesisErrors: Uint8Array
  /** (reference) 1 where a word is replaced or missing. */
  readonly referenceErrors: Uint8Array
}

/**
 * Levenshtein distance to one reference within a beam around the pseudo-diagonal, for the many variants of a
 * hypothesis that differ by a shift: a row is kept from one variant to the next as long as their beginnings agree.
 * Of alignments of equal cost, hits and substitutions come first, then words of the hypothesis alone, then of the
 * reference alone, which is tercom's choice.
 *
 * Words are given as numbers, equal ones for equal words.
 */
export class BeamEditDistance {
  readonly #reference: Int32Array
  readonly #width: number
  readonly #ratio: number
  readonly #beam: number
  /** (hypothesis + 1, reference + 1) */
  readonly #costs: Int32Array
  readonly #moves: Uint8Array
  /** The variant that the rows belong to. */
  #hypothesis: Int32Array | undefined

  /** @param length words of every variant */
  constructor(reference: Int32Array, length: number) {
    this.#reference = reference
    this.#width = reference.length + 1
    this.#ratio = length === 0 ? 1 : reference.length / length
    // Rows of very different lengths must still overlap.
    this.#beam = this.#ratio / 2 > BEAM_WIDTH ? Math.ceil(this.#ratio / 2 + BEAM_WIDTH) : BEAM_WIDTH
    this.#costs = new Int32Array((length + 1) * this.#width)
    this.#moves = new Uint8Array((length + 1) * this.#width)
    for (let j = 0; j < this.#width; j++) {
      this.#costs[j] = j
      this.#moves[j] = REFERENCE_ONLY
    }
  }

  /** The number of edits. */
  distance(hypothesis: Int32Array): number {
    let row = 0
    const before = this.#hypothesis
    if (before !== undefined) while (row < hypothesis.length && before[row] === hypothesis[row]) row++
    for (let i = row + 1; i <= hypothesis.length; i++) this.#fill(i, hypothesis)
    this.#hypothesis = hypothesis
    return this.#costs[hypothesis.length * this.#width + this.#width - 1]!
  }

  align(hypothesis: Int32Array): TerAlignment {
    const edits = this.distance(hypothesis)
    const positions = new Int32Array(this.#reference.length)
    const hypothesisErrors = new Uint8Array(hypothesis.length)
    const referenceErrors = new Uint8Array(this.#reference.length)
    for (let i = hypothesis.length, j = this.#reference.length; i > 0 || j > 0; ) {
      const move = this.#moves[i * this.#width + j]!
      if (move !== REFERENCE_ONLY) i--
      if (move !== HYPOTHESIS_ONLY) j--
      const wrong = move !== DIAGONAL || hypothesis[i] !== this.#reference[j] ? 1 : 0
      if (move !== REFERENCE_ONLY) hypothesisErrors[i] = wrong
      if (move !== HYPOTHESIS_ONLY) {
        referenceErrors[j] = wrong
        positions[j] = move === DIAGONAL ? i : i - 1
      }
    }
    return { edits, positions, hypothesisErrors, referenceErrors }
  }

  #fill(i: number, hypothesis: Int32Array): void {
    const width = this.#width
    const diagonal = Math.floor(i * this.#ratio)
    const first = Math.max(0, diagonal - this.#beam)
    const end = i === hypothesis.length ? width : Math.min(width, diagonal + this.#beam)
    const costs = this.#costs
    costs.fill(UNREACHED, i * width, (i + 1) * width)
    for (let j = first; j < end; j++) {
      const at = i * width + j
      let best = UNREACHED
      let move = HYPOTHESIS_ONLY
      if (j > 0) {
        const change = hypothesis[i - 1] === this.#reference[j - 1] ? 0 : 1
        best = costs[at - width - 1]! + change
        move = DIAGONAL
      }
      if (costs[at - width]! + 1 < best) {
        best = costs[at - width]! + 1
        move = HYPOTHESIS_ONLY
      }
      if (j > 0 && costs[at - 1]! + 1 < best) {
        best = costs[at - 1]! + 1
        move = REFERENCE_ONLY
      }
      costs[at] = Math.min(best, UNREACHED)
      this.#moves[at] = move
    }
  }
}
