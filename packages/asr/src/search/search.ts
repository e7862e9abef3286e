import { ctcBeam } from './ctc-beam.js'
import { ctcGreedy } from './ctc-greedy.js'
import type { FrameSearch } from './frame-search.js'
import type { TransducerBeamOptions } from './options.js'
import { tdtBeam } from './tdt-beam.js'
import { transducerBeam } from './transducer-beam.js'
import { transducerGreedy } from './transducer-greedy.js'
import { transducerLabelBeam } from './transducer-label-beam.js'
import type { TransducerModel } from './transducer-model.js'

export interface SearchOptions extends Omit<TransducerBeamOptions, 'beamSize'> {
  /** Hypotheses kept. Default 1, greedy search (of CTC with fusion a beam of one). */
  beamSize?: number
  /** Of a beam over a transducer without durations: whether hypotheses are compared that have heard the same frames, or made as many steps. Default time. */
  synchrony?: 'time' | 'label'
  /**
   * λ of a CTC beside a transducer or an attention decoder: hypotheses are compared by (1 − λ) · own + λ · CTC, those of
   * transducers when a recording is over. Default 0 for transducers, for attention decoders that of the training.
   */
  ctcWeight?: number
}

/**
 * The search of these options.
 *
 * @param transducer undefined for CTC
 * @param width of an encoded frame
 * @throws RangeError for options that make no sense
 */
export function frameSearch<State>(transducer: TransducerModel<State> | undefined, width: number, options: Omit<SearchOptions, 'ctcWeight'>): FrameSearch<unknown> {
  const { beamSize = 1, synchrony = 'time', ...rest } = options
  const beam = { ...rest, beamSize }
  if (!transducer) return (beamSize === 1 && !rest.fusion ? ctcGreedy(width, rest) : ctcBeam(width, beam)) as FrameSearch<unknown>
  if (beamSize === 1) return transducerGreedy(transducer, width, rest) as FrameSearch<unknown>
  if (transducer.durations) {
    if (synchrony === 'label') throw new RangeError('A label-synchronous search knows no durations: leave the synchrony away, or use a transducer without durations.')
    return tdtBeam(transducer, width, beam) as FrameSearch<unknown>
  }
  return (synchrony === 'time' ? transducerBeam : transducerLabelBeam)(transducer, width, beam) as FrameSearch<unknown>
}
