import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { trainRecognizer, type TrainRecognizerOptions } from '../../src/training.js'
import type { DigitData } from './data.js'

type Config = NonNullable<TrainRecognizerOptions['config']>

const model = {
  architecture: 'transducer',
  features: { sampleRate: 8000, bins: 40 },
  encoder: { type: 'conformer', causal: true, width: 64, layers: 3, heads: 4, kernel: 9, chunk: 4, leftContext: 24, dropout: 0.05 },
  transducer: { predictorWidth: 64, joinerWidth: 64, emissionDelay: 160 },
  batchSize: 8, learningRate: 0.003, warmupSteps: 40, threads: 1,
} satisfies Config
const gentle = { speeds: [1], gain: 6, timeMasks: 1, timeMaskFrames: 5, frequencyMasks: 1, frequencyMaskBins: 4, frequencyWarp: 0.05 }
const rough = { speeds: [1], gain: 0, timeMasks: 1, timeMaskFrames: 8, frequencyMasks: 1, frequencyMaskBins: 5, frequencyWarp: 0.08 }

/**
 * Trains the digits model: what digits are is learnt soonest from strings as they are, what stays the same in other voices and
 * rooms from varied ones. A part whose model is there is not trained again.
 *
 * @param steps on plain strings and on varied ones
 * @returns the model folder
 */
export async function trainDigits({ plain, varied, valid, tokenizer }: DigitData, folder: string, steps: readonly [plain: number, varied: number]): Promise<string> {
  const first = join(folder, 'plain')
  const second = join(folder, 'varied')
  const train = async (options: TrainRecognizerOptions): Promise<void> => {
    if (!existsSync(join(options.output, 'predictor.onnx'))) await trainRecognizer({ valid, tokenizer, ...options })
  }
  await train({ data: plain, output: first, config: { ...model, augmentation: gentle, maxSteps: steps[0], evaluateEvery: 200 } })
  await train({ data: varied, output: second, init: first, config: { ...model, augmentation: rough, maxSteps: steps[1], evaluateEvery: 400 } })
  return second
}
