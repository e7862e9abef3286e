import type { TransducerModel } from './transducer-model.js'

/** By how many frames a symbol goes on, and the natural-log probability of that. */
export interface Lead {
  readonly frames: number
  readonly score: number
}

/** Where symbols may lead to: each a list, the shorter duration first. */
export interface Leads {
  readonly blank: readonly Lead[]
  readonly token: readonly Lead[]
}

/** Of a transducer without durations. */
export const PLAIN_LEADS: Leads = { blank: [{ frames: 1, score: 0 }], token: [{ frames: 0, score: 0 }] }

/** @param scores (rows × durations), what the model said of durations */
export function leadsOf({ durations }: Pick<TransducerModel<unknown>, 'durations'>, scores: Float32Array | undefined, row: number): Leads {
  if (!durations || !scores) return PLAIN_LEADS
  const token = durations
    .map((frames, d): Lead => ({ frames, score: scores[row * durations.length + d] as number }))
    .sort((a, b) => a.frames - b.frames)
  return { blank: token.filter(({ frames }) => frames > 0), token }
}

/** The likeliest; equal ones go to the shortest. */
export function likeliest(leads: readonly Lead[]): Lead {
  return leads.reduce((best, lead) => (lead.score > best.score ? lead : best))
}
