import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inference } from '@parlance/nn'
import { Random, tf, useDevice } from '@parlance/runtime'
import { GraphSession } from '@parlance/runtime/session'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type ModelConfig, readModelConfig } from '../config.js'
import { loadWeights } from '../model/load-recognizer.js'
import { RecognizerModel } from '../model/recognizer.js'
import { noise, writeModel } from '../testing/model-folder.js'
import { Transcriber } from '../transcriber.js'
import { GraphAttention } from './graph-attention.js'

const folder = mkdtempSync(join(tmpdir(), 'graph-attention-'))
const [bins, width] = [10, 16]

beforeAll(async () => {
  await useDevice('cpu', { threads: 1 })
  writeModel(folder, { architecture: 'attention', ctcWeight: 0.3, attention: { decoderLayers: 2 } })
})
afterAll(() => rmSync(folder, { recursive: true }))

describe('GraphAttention', () => {
  it('gives step by step, of hypotheses in any order, what the model gives at once', () => {
    const config = readModelConfig(join(folder, 'config.json')) as ModelConfig
    const network = new RecognizerModel(config, bins, new Random(1))
    loadWeights(network, join(folder, 'model.safetensors'))
    const { attention } = network
    if (!attention) throw new Error('no decoder')
    const frames = 6
    const encoded = tf.tensor3d(new Random(2).normal(frames * width), [1, frames, width])
    const memory = attention.memory(encoded).dataSync() as Float32Array
    const forward = (text: readonly number[]): Float32Array => tf.tidy(() => {
      const logits = attention.forward(tf.tensor2d([[0, ...text]], undefined, 'int32'), encoded, tf.tensor1d([frames], 'int32'), inference)
      return tf.logSoftmax(tf.slice(logits, [0, text.length, 0], [1, 1, -1])).dataSync() as Float32Array
    })
    const session = GraphSession.load(join(folder, 'decoder.onnx'), { threads: 1 })
    const model = new GraphAttention(session)
    const steps: { tokens: number[]; parents: number[]; texts: number[][] }[] = [
      { tokens: [0], parents: [0], texts: [[]] },
      { tokens: [3, 5], parents: [0, 0], texts: [[3], [5]] },
      { tokens: [1, 2, 4], parents: [1, 1, 0], texts: [[5, 1], [5, 2], [3, 4]] },
      { tokens: [7], parents: [2], texts: [[3, 4, 7]] },
    ]
    let state = model.start(memory, frames)
    for (const { tokens, parents, texts } of steps) {
      const step = model.step(state, Int32Array.from(tokens), Int32Array.from(parents))
      state = step.state
      for (const [row, text] of texts.entries()) {
        const own = step.logProbs.subarray(row * model.vocabSize, (row + 1) * model.vocabSize)
        // float32, logarithms of about 3
        for (const [v, wanted] of forward(text).entries()) expect(Math.abs((own[v] as number) - wanted)).toBeLessThan(2e-5)
      }
    }
    model.release(state)
    session.dispose()
  })
})

describe('a Transcriber with an attention decoder and CTC', () => {
  it('searches with a beam, says when words were spoken, and hears the same alone and in any batch', async () => {
    const transcriber = await Transcriber.load(folder, { threads: 1, beamSize: 3 })
    const inputs = [noise(1.2, 1), noise(0.5, 2), noise(0.9, 3)]
    const together = transcriber.transcribe(inputs, { nBest: 3 })
    for (const [i, samples] of inputs.entries()) {
      const alone = transcriber.transcribe(samples, { nBest: 3 })
      expect(alone.alternatives?.map(({ text }) => text)).toEqual(together[i]?.alternatives?.map(({ text }) => text))
      expect(alone.words.map(({ word, start, end }) => [word, start, end])).toEqual(together[i]?.words.map(({ word, start, end }) => [word, start, end]))
    }
    const words = together.flatMap((transcript) => transcript.words)
    expect(words.length).toBeGreaterThan(0)
    for (const { start, end, confidence } of words) {
      expect(end).toBeGreaterThan(start as number)
      expect(confidence).toBeGreaterThan(0)
    }
    transcriber.dispose()
  })

  it('refuses graphs of an earlier version', () => {
    // The encoder's graph has no memory for its input.
    const session = GraphSession.load(join(folder, 'encoder.onnx'), { threads: 1 })
    expect(() => new GraphAttention(session)).toThrow('The decoder was written by another version: train with --resume')
    session.dispose()
  })
})
