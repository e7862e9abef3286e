import { mkdtempSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Transcriber } from '@parlance/asr'
import { exportForSherpa } from '@parlance/asr/training'
import { digitClips, generateDigitStrings, isAtHand } from '@parlance/corpora'
import { describe, expect, it } from 'vitest'
import { noise, writeModel } from '../packages/asr/src/testing/model-folder.js'
import { root } from './readme.js'

const require = createRequire(import.meta.url)
const RATE = 8000

/** What is used of the package, which has no types. */
interface Recognizer {
  createStream(): { acceptWaveform(sampleRate: number, samples: Float32Array): void; inputFinished(): void; free(): void }
  isReady(stream: unknown): boolean
  decode(stream: unknown): void
  getResult(stream: unknown): { text: string }
  free(): void
}

/** An online transducer, greedy, as the package runs the three files of a folder. */
function sherpaRecognizer(folder: string, featureDim: number): Recognizer {
  const sherpa = require('sherpa-onnx') as { createOnlineRecognizer(config: object): Recognizer }
  const transducer = { encoder: join(folder, 'encoder.onnx'), decoder: join(folder, 'decoder.onnx'), joiner: join(folder, 'joiner.onnx') }
  return sherpa.createOnlineRecognizer({
    featConfig: { sampleRate: RATE, featureDim },
    modelConfig: { transducer, tokens: join(folder, 'tokens.txt'), numThreads: 1, provider: 'cpu', debug: 0 },
    decodingMethod: 'greedy_search',
    enableEndpoint: 0,
  })
}

/** What the package makes of recordings, and what we do: as it does, without what would follow from the end of a recording. */
async function heardByBoth(model: string, featureDim: number, recordings: readonly Float32Array[]): Promise<{ theirs: string[]; ours: string[] }> {
  const folder = mkdtempSync(join(tmpdir(), 'sherpa-'))
  await exportForSherpa(model, folder)
  const transcriber = await Transcriber.load(model, { threads: 1, maxSymbols: 1 })
  const recognizer = sherpaRecognizer(folder, featureDim)
  const theirs = recordings.map((samples) => {
    const stream = recognizer.createStream()
    stream.acceptWaveform(RATE, samples)
    stream.inputFinished()
    while (recognizer.isReady(stream)) recognizer.decode(stream)
    const { text } = recognizer.getResult(stream)
    stream.free()
    return text.trim().replaceAll(/\s+/g, ' ')
  })
  const ours = recordings.map((samples) => transcriber.stream().push(samples).text)
  recognizer.free()
  transcriber.dispose()
  rmSync(folder, { recursive: true })
  return { theirs, ours }
}

describe('sherpa-onnx', () => {
  it.runIf(isAtHand('speech-fsdd'))('makes of the exported digits model what we make of it', async () => {
    // It hears the end of a recording only when more comes: a second of background.
    const strings = generateDigitStrings(await digitClips('test'), { seed: 31, strings: 20, margin: [1, 1.2] })
    const { theirs, ours } = await heardByBoth(join(root, 'packages/models/transcribe-digits'), 40, strings.map(({ samples }) => samples))
    expect(theirs).toEqual(ours)
  })

  it('carries a running mean of features', async () => {
    const model = mkdtempSync(join(tmpdir(), 'running-mean-'))
    writeModel(model, { architecture: 'transducer', encoder: { type: 'conformer', causal: true, runningMean: true }, transducer: { predictor: 'stateless' } })
    const { theirs, ours } = await heardByBoth(model, 10, [4, 7].map((seconds, seed) => noise(seconds, seed)))
    expect(ours.map((text) => text.length > 20)).toEqual([true, true])
    expect(theirs).toEqual(ours)
    rmSync(model, { recursive: true })
  })
})
