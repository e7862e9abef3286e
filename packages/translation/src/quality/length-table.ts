/** Of sources of n characters: log-ratios have the mean a + b/n and the deviation c + d/√n, for the two pairs of numbers. */
export interface LengthModel {
  readonly mean: readonly [number, number]
  readonly deviation: readonly [number, number]
}

/** Fitted to Tatoeba's training pairs (tatoeba.org, CC BY 2.0). Written by `npm run bench -- catastrophes-fit`. */
export const LENGTH_MODELS: Readonly<Record<string, LengthModel>> = {
  'en-de': { mean: [0.06, 2.211], deviation: [0.108, 0.39] },
  'en-fr': { mean: [0.063, 2.318], deviation: [0.086, 0.499] },
}

/** Of a pair of languages that nothing is known of: five times as long or as short is too much. */
export const UNKNOWN_PAIR: LengthModel = { mean: [0, 0], deviation: [0.5, 1] }
