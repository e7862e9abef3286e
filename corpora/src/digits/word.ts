import { resample } from '@parlance/audio'
import { DIGIT_RATE } from './strings.js'

/** Of the loudest sample, what counts as silence around a word; and seconds of it that stay. */
const SILENCE = 0.02
const MARGIN = 0.01

/** What a synthesizer said of one word, without the silence around it, at `DIGIT_RATE`. */
export function wordOf(samples: Float32Array, rate: number): Float32Array {
  const loud = SILENCE * samples.reduce((peak, sample) => Math.max(peak, Math.abs(sample)), 0)
  const first = samples.findIndex((sample) => Math.abs(sample) >= loud)
  const last = samples.findLastIndex((sample) => Math.abs(sample) >= loud)
  const margin = Math.round(MARGIN * rate)
  return resample(samples.slice(Math.max(0, first - margin), last + margin), rate, DIGIT_RATE)
}
