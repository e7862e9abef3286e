import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { trainRecognizer, type TrainRecognizerOptions } from '../../src/training.js'
import type { DigitData } from './data.js'

type Config = NonNullable<TrainRecognizerOptions['config']>

const model = {
  architecture: 'transducer',
  features: { sampleRate: 8000, bins: 40 },
  encoder: { type: 'conformer', causal: true, runningMean: true, width: 64, layers: 3, heads: 4, kernel: 9, chunk: 4, leftContext: 24, dropout: 0.05 },
  transducer: { predictorWidth: 64, joinerWidth: 64, emissionDelay: 120 },
  batchSize: 8, learningRate: 0.003, warmupSteps: 40, averageDecay: 0.999, threads: 1,
} satisfies Config
const gentle = { speeds: [1], gain: 6, timeMasks: 1, timeMaskFrames: 5, frequencyMasks: 1, frequencyMaskBins: 4, frequencyWarp: 0.05 }
const rough = { speeds: [1], gain: 6, timeMasks: 1, timeMaskFrames: 8, frequencyMasks: 1, frequencyMaskBins: 5, frequencyWarp: 0.08 }

/** Steps of training on plain strings, and on all. */
export const STEPS = [1700, 20_000] as const

/**
 * Trains the digits model: what digits are is learnt soonest from strings as they are, what stays the same in other voices and
 * rooms from varied and synthetic ones. A part whose model is there is not trained again, one that
 * was stopped goes on from its checkpoint.
 *
 * @returns the model folder
 */
export async function trainDigits({ plain, all, valid, tokenizer }: DigitData, folder: string, steps: readonly number[] = STEPS): Promise<string> {
  const parts = [['plain', plain, gentle], ['all', all, rough]] as const
  let init: string | undefined
  for (const [i, [name, data, augmentation]] of parts.entries()) {
    const output = join(folder, name)
    const config = { ...model, augmentation, maxSteps: steps[i] ?? STEPS[i] ?? 0, evaluateEvery: 1000 }
    const begun = { ...(init === undefined ? {} : { init }), resume: existsSync(join(output, 'state', 'checkpoint.json')) }
    if (!existsSync(join(output, 'predictor.onnx'))) await trainRecognizer({ data, valid, tokenizer, output, config, ...begun })
    init = output
  }
  return join(folder, 'all')
}
