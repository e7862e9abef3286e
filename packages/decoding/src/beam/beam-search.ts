import { Phrases } from '../constraints/phrases.js'
import type { RankedHypothesis } from '../hypothesis.js'
import type { TokenModel } from '../model.js'
import { checkBeamOptions, type BeamSearchOptions, type CheckedBeamOptions } from '../options.js'
import { BeamPool } from '../ranking/pool.js'
import { Ranker } from '../ranking/ranker.js'
import { Stepper, type Candidates } from '../stepper.js'
import { Beam, type TokenCounts } from './beam.js'

/**
 * Batched beam search: every step feeds all unfinished hypotheses of all unfinished sentences at once.
 *
 * A hypothesis finishes when an end-of-sentence continuation is among the `beamSize` best of its sentence;
 * the `beamSize` best other continuations live on. Ties go to the better parent, then to the lower token id.
 *
 * With `constraints`, hypotheses end only when they contain every phrase, and go on only where `maxLength` leaves room
 * for what is missing, so that all results contain them, however unlikely (unless the model gives a phrase's token
 * the probability 0 everywhere). Tokens of phrases are considered always and pass all filters. The beam is divided
 * between hypotheses that have met more and fewer of them (see `bankSlots`): let it exceed the number of their tokens.
 *
 * With `diversity`, the n best are the best of all groups together.
 *
 * @returns per sentence its n best hypotheses: finished ones by descending score, then, only when fewer than
 *   `nBest` finished within `maxLength`, the best unfinished ones. Fewer than `nBest` when no more exist, or when
 *   groups found the same.
 * @throws DecodingError when an option is impossible or the model breaks its contract
 */
export async function beamSearch<Batch, State>(
  model: TokenModel<Batch, State>,
  batch: Batch,
  options: BeamSearchOptions,
): Promise<RankedHypothesis[][]> {
  const checked = checkBeamOptions(options, model.vocabSize)
  const sentences = checked.prompts.map((_, s) => new Sentence(s, checked))
  const stepper = await Stepper.start(model, batch)
  try {
    let open: Beam[] = sentences.flatMap(({ groups }) => groups)
    while (open.length > 0) {
      const live = open.flatMap((beam) => beam.live)
      const tokens = Int32Array.from(live, (hypothesis) => hypothesis.next)
      const parents = Int32Array.from(live, (hypothesis) => hypothesis.row)
      const k = open.reduce((widest, beam) => Math.max(widest, beam.width), 1)
      const candidates = await stepper.step(tokens, parents, k, open.flatMap((beam) => beam.wanted))
      let firstRow = 0
      for (const sentence of sentences) firstRow = sentence.advance(candidates, firstRow)
      open = open.filter((beam) => beam.live.length > 0)
    }
    return sentences.map((sentence) => sentence.best(checked.nBest))
  } finally {
    stepper.release()
  }
}

/** The groups of one sentence. */
class Sentence {
  readonly groups: readonly Beam[]

  constructor(s: number, options: CheckedBeamOptions) {
    const { beamSize, nBest, patience, diversity, lengthPenalty, coveragePenalty, maxLength, constraints } = options
    const ranker = new Ranker(lengthPenalty, coveragePenalty, maxLength[s]!)
    const phrases = new Phrases(constraints[s]!)
    const size = beamSize / diversity.groups
    const limit = Math.min(nBest, size)
    this.groups = Array.from({ length: diversity.groups }, () =>
      new Beam(s, options, phrases, new BeamPool(ranker, limit, Math.max(limit, patience * size))))
  }

  /** Takes the candidates of the rows from `firstRow` on; returns the first row after this sentence's. */
  advance(candidates: Candidates, firstRow: number): number {
    const chosen: TokenCounts = new Map()
    let row = firstRow
    for (const group of this.groups) {
      const rows = group.live.length
      if (rows > 0) group.advance(candidates, row, chosen)
      row += rows
    }
    return row
  }

  best(count: number): RankedHypothesis[] {
    const all = this.groups.flatMap((group) => group.pool.best())
    if (this.groups.length === 1) return all
    const different = new Map<string, RankedHypothesis>()
    for (const hypothesis of all) {
      const key = `${hypothesis.tokens.join(' ')} ${hypothesis.finished}`
      if (!different.has(key)) different.set(key, hypothesis)
    }
    const ranked = [...different.values()].sort((a, b) => Number(b.finished) - Number(a.finished) || b.score - a.score)
    return ranked.slice(0, count)
  }
}
