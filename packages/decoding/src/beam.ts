import { BeamPool } from './beam-pool.js'
import { DecodingError } from './errors.js'
import type { Path, RankedHypothesis } from './hypothesis.js'
import { averageLength, type LengthPenalty } from './length-penalty.js'
import type { TokenModel } from './model.js'
import { checkCount, checkOptions, type CheckedOptions, type SearchOptions } from './options.js'
import { Stepper, type Candidates } from './stepper.js'

export interface BeamSearchOptions extends SearchOptions {
  /** How many unfinished hypotheses of a sentence are kept (the beam width). */
  readonly beamSize: number
  /** How many hypotheses to return per sentence, at most `beamSize`; default 1. */
  readonly nBest?: number
  /** Ranks finished hypotheses; default `averageLength()`. Within the beam, all have one length. */
  readonly lengthPenalty?: LengthPenalty
  /**
   * A sentence is done when it has `patience × beamSize` finished hypotheses (Kasai et al. 2022, "A Call for
   * Clarity in Beam Search"); default 1, the usual rule. Infinity searches on until no unfinished hypothesis
   * could still enter the n best, the rule that loses nothing; every patience also stops then.
   */
  readonly patience?: number
}

/**
 * Batched beam search: every step feeds all unfinished hypotheses of all unfinished sentences at once.
 *
 * A hypothesis finishes when an end-of-sentence continuation is among the `beamSize` best of its sentence;
 * the `beamSize` best other continuations live on. Ties go to the better parent, then to the lower token id.
 *
 * @returns per sentence its n best hypotheses: finished ones by descending score, then, only when fewer than
 *   `nBest` finished within `maxLength`, the best unfinished ones. Fewer than `nBest` when no more exist.
 * @throws DecodingError when an option is impossible or the model breaks its contract
 */
export async function beamSearch<Batch, State>(
  model: TokenModel<Batch, State>,
  batch: Batch,
  options: BeamSearchOptions,
): Promise<RankedHypothesis[][]> {
  const { beamSize, nBest = 1, lengthPenalty = averageLength(), patience = 1 } = options
  const checked = checkOptions(options, model.vocabSize)
  checkCount(beamSize, 'beamSize')
  checkCount(nBest, 'nBest')
  if (nBest > beamSize) throw new DecodingError(`nBest (${nBest}) must not exceed beamSize (${beamSize})`)
  if (!(patience > 0)) throw new DecodingError(`patience must be above 0, got ${patience}`)

  // Of any row, at most this many candidates can be rejected or finish: the rest fill the beam.
  const k = beamSize + checked.eos.size + checked.maxRejected
  const beams = checked.prompts.map((_, s) => new Beam(s, checked, beamSize, new BeamPool({
    nBest, lengthPenalty, maxLength: checked.maxLength[s]!, enough: Math.max(nBest, patience * beamSize) })))

  return Stepper.run(model, batch, async (stepper) => {
    let open = beams
    while (open.length > 0) {
      const live = open.flatMap((beam) => beam.live)
      const tokens = Int32Array.from(live, (hypothesis) => hypothesis.next)
      const parents = Int32Array.from(live, (hypothesis) => hypothesis.row)
      const candidates = await stepper.step(tokens, parents, k)
      let firstRow = 0
      for (const beam of open) {
        const rows = beam.live.length
        beam.advance(candidates, firstRow)
        firstRow += rows
      }
      open = open.filter((beam) => beam.live.length > 0)
    }
    return beams.map((beam) => beam.pool.best())
  })
}

/** An unfinished hypothesis. */
interface Live {
  /** Its row in the model's latest state. */
  readonly row: number
  /** The token to feed next. */
  readonly next: number
  readonly path: Path | undefined
  readonly logProb: number
}

/** One sentence's unfinished hypotheses, best first, and the pool of its finished ones. */
class Beam {
  readonly pool: BeamPool
  live: Live[]
  readonly #options: CheckedOptions
  readonly #beamSize: number
  readonly #sentence: number
  /** How many prompt tokens the model has been fed. */
  #fed = 0
  /** How many tokens every live hypothesis has. */
  #length = 0

  constructor(sentence: number, options: CheckedOptions, beamSize: number, pool: BeamPool) {
    this.#sentence = sentence
    this.#options = options
    this.#beamSize = beamSize
    this.pool = pool
    this.live = [{ row: sentence, next: options.prompts[sentence]![0]!, path: undefined, logProb: 0 }]
  }

  /** Takes one step's candidates, whose rows from `firstRow` on belong to `live`; leaves `live` empty when done. */
  advance(candidates: Candidates, firstRow: number): void {
    const prompt = this.#options.prompts[this.#sentence]!
    if (++this.#fed < prompt.length) {
      this.live = this.live.map((hypothesis, r) => ({ ...hypothesis, row: firstRow + r, next: prompt[this.#fed]! }))
      return
    }
    const parents = this.live
    this.live = this.#expand(candidates, firstRow)
    if (this.live.length === 0 && this.pool.isEmpty) {
      // Every continuation is impossible or forbidden: what there is beats nothing.
      for (const { path, logProb } of parents) this.pool.addUnfinished(path, this.#length, logProb)
      return
    }
    this.#length++
    if (this.#length >= this.pool.maxLength) {
      for (const { path, logProb } of this.live) this.pool.addUnfinished(path, this.#length, logProb)
      this.live = []
    } else if (this.pool.isSettled(this.live[0]?.logProb ?? -Infinity)) {
      this.live = []
    }
  }

  /** Moves finished continuations to the pool and returns the best unfinished ones, best first. */
  #expand({ ids, logProbs, width }: Candidates, firstRow: number): Live[] {
    const { eos } = this.#options
    const first = firstRow * width
    const totals = new Float64Array(this.live.length * width)
    const order: number[] = []
    this.live.forEach((hypothesis, r) => {
      for (let c = r * width; c < (r + 1) * width; c++) {
        totals[c] = hypothesis.logProb + logProbs[first + c]!
        if (totals[c]! > -Infinity && this.#options.allows(ids[first + c]!, this.#length)) order.push(c)
      }
    })
    const parentOf = (c: number): number => Math.floor(c / width)
    order.sort((a, b) => totals[b]! - totals[a]! || parentOf(a) - parentOf(b) || ids[first + a]! - ids[first + b]!)
    const staying: Live[] = []
    for (let rank = 0; rank < order.length && staying.length < this.#beamSize; rank++) {
      const c = order[rank]!
      const token = ids[first + c]!
      const parent = this.live[parentOf(c)]!
      if (!eos.has(token)) {
        const path = { token, previous: parent.path }
        staying.push({ row: firstRow + parentOf(c), next: token, path, logProb: totals[c]! })
      } else if (rank < this.#beamSize) {
        this.pool.addFinished(parent.path, this.#length, totals[c]!)
      }
    }
    return staying
  }
}
