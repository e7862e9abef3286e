import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { writeWav } from '@parlance/audio'
import { Random, tf, useDevice } from '@parlance/runtime'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { evaluationBatches, makeBuckets, trainingBatches } from './batches.js'
import { parseTrainingConfig } from '../config.js'
import { Recordings } from './recordings.js'
import { makeTokenizer } from '../tokens/units.js'

const settings = { features: { sampleRate: 8000, bins: 8 }, batchSize: 3, buckets: 2, seed: 5 }
const config = parseTrainingConfig(settings, 'test')
let folder: string
let recordings: Recordings

beforeAll(async () => {
  await useDevice('cpu', { threads: 1 })
  folder = mkdtempSync(join(tmpdir(), 'batches-'))
  const utterances = Array.from({ length: 10 }, (_, i) => {
    const audio = join(folder, `${i}.wav`)
    // The last is too short for its transcript.
    const length = i === 9 ? 400 : 2000 + 700 * i
    writeWav(audio, { sampleRate: 8000, channels: [new Random(i).uniform(length, -0.5, 0.5)] })
    return { audio, text: i === 9 ? 'aabbaa' : 'ab'.repeat(1 + (i % 3)) }
  })
  recordings = new Recordings(utterances, config.features, makeTokenizer(['ab'], 'characters'))
})
afterAll(() => rmSync(folder, { recursive: true }))

const usable = [0, 1, 2, 3, 4, 5, 6, 7, 8]
const mean = Array.from({ length: 8 }, () => 0)

describe('makeBuckets', () => {
  it('shares utterances out evenly, in sizes that hold them', () => {
    const items = [10, 11, 20, 21, 30, 31].map((frames, i) => ({ frames, labels: 6 - i }))
    expect(makeBuckets(items, 3)).toEqual([{ frames: 12, labels: 6 }, { frames: 24, labels: 6 }, { frames: 32, labels: 6 }])
    expect(makeBuckets(items, 1)).toEqual([{ frames: 32, labels: 6 }])
    expect(makeBuckets([{ frames: 8, labels: 0 }, { frames: 7, labels: 2 }], 5)).toEqual([{ frames: 8, labels: 2 }])
  })
})

describe('Recordings', () => {
  it('knows what CTC can align', () => {
    expect(recordings.fits(0)).toBe(true)
    expect(recordings.fits(9)).toBe(false)
  })

  it('is shorter at a higher speed', () => {
    const { frames } = recordings.features(8)
    const faster = recordings.features(8, 1.1).frames
    expect(Math.abs(faster - frames / 1.1)).toBeLessThan(2)
    expect(faster).toBeLessThanOrEqual(recordings.mostFrames(8, 1.1))
  })

  it('names the recording whose transcript cannot be encoded', () => {
    const [first] = recordings.utterances
    const wrong = [{ audio: first?.audio as string, text: 'abc' }]
    const make = () => new Recordings(wrong, config.features, makeTokenizer(['ab'], 'characters'))
    expect(make).toThrow(`The transcript of ${first?.audio} cannot be encoded: character "c"`)
  })
})

describe('trainingBatches', () => {
  const batches = (changes: object = {}) =>
    trainingBatches(recordings, usable, mean, parseTrainingConfig({ ...settings, ...changes }, 'test'))

  it('is a function of the seed and the step', () => {
    const read = (step: number, of = batches()) =>
      tf.tidy(() => Object.values(of(step)).map((tensor) => [...(tensor as tf.Tensor).dataSync()]))
    const of = batches()
    read(7, of)
    expect(read(2, of)).toEqual(read(2))
    expect(read(3, of)).not.toEqual(read(2, of))
    expect(read(2, batches({ seed: 6 }))).not.toEqual(read(2, of))
  })

  it('uses every recording once an epoch, in the few sizes that there are', () => {
    const of = batches({ augmentation: { speeds: [1] } })
    const sizes = new Set<string>()
    tf.tidy(() => {
      for (let epoch = 0; epoch < 3; epoch++) {
        const seen = [1, 2, 3].flatMap((step) => {
          const { examples, features, frames, labels, labelLengths } = of(3 * epoch + step)
          sizes.add(`${features?.shape}/${labels?.shape}`)
          const indices = [...(examples as tf.Tensor).dataSync()]
          for (const [n, index] of indices.entries()) {
            expect((frames as tf.Tensor).dataSync()[n]).toBe(recordings.features(index).frames)
            expect((labelLengths as tf.Tensor).dataSync()[n]).toBe(recordings.labels[index]?.length)
          }
          return indices
        })
        expect(seen.sort((a, b) => a - b)).toEqual(usable)
      }
    })
    expect(sizes.size).toBe(2)
  })
})

describe('noise', () => {
  it('lies as far below the speech as it was told, and is the same for an example of an epoch', () => {
    const quiet = { augmentation: { speeds: [1], gain: 0, timeMasks: 0, frequencyMasks: 0 }, buckets: 1, batchSize: 9 }
    const batch = (noise: number, noiseSnr: number) => {
      const of = trainingBatches(recordings, usable, mean, parseTrainingConfig({ ...settings, ...quiet, augmentation: { ...quiet.augmentation, noise, noiseSnr } }, 'test'))
      return tf.tidy(() => of(1).features.dataSync())
    }
    const [clean, noisy, loud] = [batch(0, 0), batch(1, 40), batch(1, -10)] as [Float32Array, Float32Array, Float32Array]
    const difference = (x: Float32Array) => x.reduce((sum, value, i) => sum + Math.abs(value - (clean[i] as number)), 0) / x.length
    // Features are log powers of noise: 40 to 60 dB less of another one is hardly heard, 10 dB more to 10 dB less is.
    expect(difference(noisy)).toBeGreaterThan(0)
    expect(difference(noisy)).toBeLessThan(0.02)
    expect(difference(loud)).toBeGreaterThan(0.3)
    expect(batch(1, 40)).toEqual(noisy)
  })
})

describe('splicing', () => {
  it('joins words of several recordings with their transcripts', () => {
    // "a" is a second of 300 Hz and "b" of 2000 Hz, with pauses between.
    const hertz = { a: 300, b: 2000 }
    const utterances = ['a b', 'b a a', 'b', 'a'].map((text, i) => {
      const words = text.split(' ') as (keyof typeof hertz)[]
      const samples = new Float32Array(words.length * 4000)
      for (const [w, word] of words.entries()) {
        for (let n = 800; n < 3200; n++) samples[w * 4000 + n] = 0.5 * Math.sin((2 * Math.PI * hertz[word] * n) / 8000)
      }
      const audio = join(folder, `words-${i}.wav`)
      writeWav(audio, { sampleRate: 8000, channels: [samples] })
      return { audio, text }
    })
    const features = parseTrainingConfig({ features: { sampleRate: 8000, bins: 8 } }, 'test').features
    const words = new Recordings(utterances, features, makeTokenizer(['a', 'b'], 'words'))
    expect(words.wordPieces([0, 1, 2, 3]).map(({ word }) => word)).toEqual(['a', 'b', 'b', 'a', 'a', 'b', 'a'])
    const augmentation = { splice: 1, gain: 0, timeMasks: 0, frequencyMasks: 0 }
    const of = trainingBatches(words, [0, 1, 2, 3], mean, parseTrainingConfig({ ...settings, batchSize: 4, augmentation }, 'test'))
    const transcripts = new Set<string>()
    tf.tidy(() => {
      for (let step = 1; step <= 10; step++) {
        const batch = of(step)
        const [rows, frames, bins] = batch.features.shape as [number, number, number]
        const data = batch.features.dataSync()
        const labels = (batch.labels as tf.Tensor2D).arraySync()
        for (let n = 0; n < rows; n++) {
          const length = batch.frames.dataSync()[n] as number
          // Loud frames, low or high, merged as the ear would.
          const heard: string[] = []
          let before = ''
          for (let t = 0; t < length; t++) {
            const row = data.subarray((n * frames + t) * bins, (n * frames + t + 1) * bins)
            const peak = row.indexOf(Math.max(...row))
            const sound = (row[peak] as number) < 3 ? '' : peak < 4 ? 'a' : 'b'
            if (sound !== '' && sound !== before) heard.push(sound)
            before = sound
          }
          const spoken = words.tokenizer.decode((labels[n] as number[]).slice(0, batch.labelLengths.dataSync()[n]))
          expect(heard.join(' ')).toBe(spoken)
          transcripts.add(spoken)
        }
      }
    })
    expect(transcripts.size).toBeGreaterThan(5)
  })
})

describe('evaluationBatches', () => {
  it('has every utterance once, unchanged', () => {
    const batches = evaluationBatches(recordings, usable, 4, 2)
    const seen = tf.tidy(() =>
      batches.flatMap(({ weights, make }) => {
        const { features, examples } = make()
        const [, frames, bins] = features.shape as [number, number, number]
        const data = features.dataSync()
        return [...examples.dataSync()].filter((index, n) => {
          const wanted = recordings.features(index).data
          expect(data.subarray(n * frames * bins, n * frames * bins + wanted.length)).toEqual(wanted)
          return weights[n] === 1
        })
      }),
    )
    expect(seen.sort((a, b) => a - b)).toEqual(usable)
  })
})
