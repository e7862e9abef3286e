import { addCoverage } from '../attention.js'
import { bankSlots } from '../constraints/banks.js'
import type { Phrases, Progress } from '../constraints/phrases.js'
import { DecodingError } from '../errors.js'
import { TokenHistory } from '../filters/token-filter.js'
import type { Path } from '../hypothesis.js'
import type { SourceAttention } from '../model.js'
import type { CheckedBeamOptions } from '../options.js'
import type { BeamPool } from '../ranking/pool.js'
import type { Candidates } from '../stepper.js'

/** An unfinished hypothesis. */
interface Live {
  /** Its row in the model's latest state. */
  readonly row: number
  /** The token to feed next. */
  readonly next: number
  readonly path: Path | undefined
  /** The model's log-probability. */
  readonly logProb: number
  /** The log-probability as lowered by filters: what ranks. */
  readonly total: number
  readonly coverage: Float64Array | undefined
  readonly progress: Progress
  /** The only tokens that may follow, while it is at its beginning. */
  readonly allowed: readonly number[] | undefined
}

/** A hypothesis that continues a live one by a token. */
interface Extension {
  /** Index of the live hypothesis. */
  readonly parent: number
  readonly token: number
  /** The model's log-probability of the token. */
  readonly tokenLogProb: number
  readonly total: number
  /** What it is chosen by: `total`, less what diversity takes off. */
  readonly preference: number
  readonly progress: Progress
}

/** How often each token has been chosen at one position by the groups before. */
export type TokenCounts = Map<number, number>

/** The unfinished hypotheses of one sentence, or of one group of it, best first, and the pool of its finished ones. */
export class Beam {
  readonly pool: BeamPool
  live: Live[]
  readonly #options: CheckedBeamOptions
  readonly #sentence: number
  readonly #size: number
  readonly #phrases: Phrases
  /** How many prompt tokens the model has been fed. */
  #fed = 0
  /** How many tokens every live hypothesis has. */
  #length = 0

  constructor(sentence: number, options: CheckedBeamOptions, phrases: Phrases, pool: BeamPool) {
    this.#sentence = sentence
    this.#options = options
    this.#size = options.beamSize / options.diversity.groups
    this.#phrases = phrases
    this.pool = pool
    const next = options.prompts[sentence]![0]!
    const allowed = this.#allowedAfter(undefined, 0)
    const nothing = { path: undefined, logProb: 0, total: 0, coverage: undefined, progress: phrases.start() }
    this.live = [{ row: sentence, next, allowed, ...nothing }]
  }

  /**
   * How many candidates of a row are needed: those that fill the whole beam, or that earlier groups may have made
   * less preferred, those that finish, and those that filters may lower.
   */
  get width(): number {
    const { beamSize, eos, filter } = this.#options
    return beamSize + eos.size + filter.maxLowered(this.#length)
  }

  /** Per live hypothesis, the tokens that will be considered whether or not they are among the best. */
  get wanted(): (readonly number[])[] {
    if (this.#fed + 1 < this.#prompt.length) return this.live.map(() => [])
    return this.live.map((hypothesis) => this.#sure(hypothesis))
  }

  get #prompt(): ArrayLike<number> {
    return this.#options.prompts[this.#sentence]!
  }

  /** The tokens that are considered whether or not they are among the best, and whatever filters say. */
  #sure({ allowed, progress }: Live): readonly number[] {
    return allowed ?? this.#phrases.advancing(progress)
  }

  #allowedAfter(path: Path | undefined, length: number): readonly number[] | undefined {
    return this.#options.prefixes[this.#sentence]!.after(new TokenHistory(this.#sentence, path, length))
  }

  /**
   * Takes one step's candidates, whose rows from `firstRow` on belong to `live`; leaves `live` empty when done.
   *
   * @param chosen what other groups chose at this position; this beam's choices are added
   */
  advance(candidates: Candidates, firstRow: number, chosen: TokenCounts): void {
    if (++this.#fed < this.#prompt.length) {
      const next = this.#prompt[this.#fed]!
      this.live = this.live.map((hypothesis, r) => ({ ...hypothesis, row: firstRow + r, next }))
      return
    }
    const parents = this.live
    const aligned = candidates.attention !== undefined
    this.live = this.#select(this.#extensions(candidates, firstRow, chosen), candidates, firstRow, chosen)
    if (this.live.length === 0 && this.pool.isEmpty) {
      // Every continuation is impossible or forbidden: what there is beats nothing.
      for (const hypothesis of parents) this.#giveUp(hypothesis, aligned)
      return
    }
    this.#length++
    if (this.#length >= this.#options.maxLength[this.#sentence]!) {
      for (const hypothesis of this.live) this.#giveUp(hypothesis, aligned)
      this.live = []
    } else if (this.pool.isSettled(this.live.reduce((best, { total }) => Math.max(best, total), -Infinity))) {
      this.live = []
    }
  }

  #giveUp({ path, logProb, total, coverage }: Live, aligned: boolean): void {
    this.pool.addUnfinished({ path, length: this.#length, logProb, endLogProb: undefined, total, coverage, aligned })
  }

  /** All continuations worth considering, the preferred first. */
  #extensions(candidates: Candidates, firstRow: number, chosen: TokenCounts): Extension[] {
    const { ids, logProbs, width } = candidates
    const { diversity, filter, eos, maxLength } = this.#options
    const room = maxLength[this.#sentence]! - this.#length - 1
    // Behind so many that nothing has lowered, a row has none that could stay or finish.
    const enough = chosen.size === 0 && this.#phrases.tokens === 0 ? this.#size : Infinity
    const extensions: Extension[] = []
    this.live.forEach((hypothesis, parent) => {
      const row = firstRow + parent
      const extend = (token: number, tokenLogProb: number, lowered: number): void => {
        if (lowered === -Infinity) return
        const ends = eos.has(token)
        const progress = ends ? hypothesis.progress : this.#phrases.advance(hypothesis.progress, token)
        // What ends must contain all phrases; what goes on must still have room for them.
        if (progress.unmet > (ends ? 0 : room)) return
        const total = hypothesis.total + lowered
        const preference = total - diversity.strength * (chosen.get(token) ?? 0)
        extensions.push({ parent, token, tokenLogProb, total, preference, progress })
      }
      const sure = this.#sure(hypothesis)
      if (sure.length > 0) {
        const sureLogProbs = candidates.wantedLogProbs(row)
        sure.forEach((token, i) => extend(token, sureLogProbs[i]!, sureLogProbs[i]!))
      }
      if (hypothesis.allowed !== undefined) return
      const lower = filter.after(new TokenHistory(this.#sentence, hypothesis.path, this.#length))
      // No more than this beam asked for, which batch mates may have exceeded.
      const end = row * width + Math.min(this.width, width)
      let better = 0
      for (let c = row * width; c < end && better < enough; c++) {
        const token = ids[c]!
        if (sure.includes(token)) continue
        const lowered = lower?.(token, logProbs[c]!) ?? logProbs[c]!
        extend(token, logProbs[c]!, lowered)
        if (lowered === logProbs[c] && !eos.has(token)) better++
      }
    })
    return extensions.sort((a, b) => b.preference - a.preference || a.parent - b.parent || a.token - b.token)
  }

  /** Moves finished continuations to the pool and returns the best unfinished ones, the preferred first. */
  #select(extensions: Extension[], candidates: Candidates, firstRow: number, chosen: TokenCounts): Live[] {
    const slots = this.#slots(extensions)
    const ranks = slots.map(() => 0)
    const kept = slots.map(() => 0)
    const staying: Live[] = []
    for (const extension of extensions) {
      const { parent, token, tokenLogProb, total, progress } = extension
      const bank = this.#bankOf(extension)
      const rank = ranks[bank]!++
      const ends = this.#options.eos.has(token)
      if (ends ? rank >= slots[bank]! : kept[bank]! >= slots[bank]!) continue
      chosen.set(token, (chosen.get(token) ?? 0) + 1)
      const { path: previous, coverage: before, logProb: logProbBefore } = this.live[parent]!
      const row = firstRow + parent
      const { attention } = candidates
      const coverage = this.#coverage(before, attention, row)
      const logProb = logProbBefore + tokenLogProb
      if (ends) {
        const aligned = attention !== undefined
        const length = this.#length
        this.pool.addFinished({ path: previous, length, logProb, endLogProb: tokenLogProb, total, coverage, aligned })
        continue
      }
      kept[bank]!++
      const path = { token, logProb: tokenLogProb, attention, row, previous }
      const allowed = this.#allowedAfter(path, this.#length + 1)
      staying.push({ row, next: token, path, logProb, total, coverage, progress, allowed })
    }
    return staying
  }

  /** How many hypotheses may stay in each bank: one bank only without constraints. */
  #slots(extensions: readonly Extension[]): number[] {
    if (this.#phrases.tokens === 0) return [this.#size]
    const available = new Array<number>(this.#phrases.tokens + 1).fill(0)
    for (const extension of extensions) available[this.#bankOf(extension)]!++
    return bankSlots(available, this.#size)
  }

  /** How many tokens of phrases it has met. */
  #bankOf({ progress }: Extension): number {
    return this.#phrases.tokens - progress.unmet
  }

  #coverage(
    before: Float64Array | undefined,
    attention: SourceAttention | undefined,
    row: number,
  ): Float64Array | undefined {
    if (this.#options.coveragePenalty === 0) return undefined
    if (attention === undefined) {
      throw new DecodingError('the coverage penalty needs a model that gives attention: leave coveragePenalty out')
    }
    return addCoverage(before, attention, row)
  }
}
