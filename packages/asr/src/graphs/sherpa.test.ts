import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { FeatureExtractor } from '@parlance/audio'
import { UsageError } from '@parlance/nn'
import { useDevice } from '@parlance/runtime'
import { GraphSession, type GraphTensor } from '@parlance/runtime/session'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { TrainingOptions } from '../config.js'
import { noise, SAMPLE_RATE, tokenizer, writeModel } from '../testing/model-folder.js'
import { Transcriber } from '../transcriber.js'
import { exportForSherpa } from './sherpa.js'

let root: string
beforeAll(async () => {
  await useDevice('cpu', { threads: 1 })
  root = mkdtempSync(join(tmpdir(), 'sherpa-'))
})
afterAll(() => rmSync(root, { recursive: true }))

function modelFolder(options: TrainingOptions): string {
  const folder = mkdtempSync(join(root, 'model-'))
  writeModel(folder, options)
  return folder
}

/** What sherpa-onnx's greedy search does with the files: overlapping chunks, states in the order of the inputs, ids of 64 bits. */
function loader(folder: string, chunk: number) {
  const [encoder, decoder, joiner] = ['encoder', 'decoder', 'joiner'].map((name) => GraphSession.load(join(folder, `${name}.onnx`), { threads: 1 })) as
    [GraphSession, GraphSession, GraphSession]
  const context = decoder.inputs[0]?.shape[1] as number
  const predict = (tokens: readonly number[]): GraphTensor => {
    const y = { data: BigInt64Array.from(tokens.slice(-context), BigInt), shape: [1, context] }
    return decoder.run({ y }).decoder_out as GraphTensor
  }
  return (frames: number, bins: number, data: Float32Array) => {
    const seen = encoder.inputs[0]?.shape[1] as number
    const names = encoder.inputs.map(({ name }) => name).filter((name) => name !== 'x' && name !== 'processed_frames')
    let states = encoder.inputs.filter(({ name }) => names.includes(name)).map(({ shape }): GraphTensor => {
      const sizes = shape.map((size) => (typeof size === 'number' ? size : 1))
      return { data: new Float32Array(sizes.reduce((a, b) => a * b, 1)), shape: sizes }
    })
    const tokens = new Array<number>(context).fill(0)
    let at = 0
    for (; at + seen <= frames; at += 4 * chunk) {
      const x = { data: data.slice(at * bins, (at + seen) * bins), shape: [1, seen, bins] }
      const processed = { processed_frames: { data: BigInt64Array.of(BigInt(at)), shape: [1] } }
      const feeds = Object.fromEntries(names.map((name, i) => [name, states[i] as GraphTensor]))
      const results = Object.values(encoder.run({ x, ...feeds, ...(encoder.inputs.at(-1)?.name === 'processed_frames' ? processed : {}) }))
      const [encoded, ...after] = results as [GraphTensor, ...GraphTensor[]]
      states = after
      const width = encoded.shape[2] as number
      for (let t = 0; t < chunk; t++) {
        const frame = { data: (encoded.data as Float32Array).slice(t * width, (t + 1) * width), shape: [1, width] }
        const { logit } = joiner.run({ encoder_out: frame, decoder_out: predict(tokens) })
        const row = Array.from((logit as GraphTensor).data, Number)
        const best = row.indexOf(Math.max(...row))
        if (best > 0) tokens.push(best)
      }
    }
    return { text: tokenizer.decode(tokens.slice(context)), seconds: (at * 10) / 1000 }
  }
}

describe('exportForSherpa', () => {
  it.each<[string, TrainingOptions['encoder'], number]>([
    ['conformer', { type: 'conformer', causal: true }, 4],
    ['lstm', { type: 'lstm', causal: true }, 8],
    ['conformer', { type: 'conformer', causal: true, runningMean: true }, 4],
    ['lstm', { type: 'lstm', causal: true, runningMean: true }, 8],
  ])('writes a %s whose files give our text', async (_, encoder, chunk) => {
    const folder = modelFolder({ architecture: 'transducer', encoder: encoder ?? {} })
    const output = mkdtempSync(join(root, 'sherpa-'))
    await exportForSherpa(folder, output)
    expect(readdirSync(output).sort()).toEqual(['decoder.onnx', 'encoder.onnx', 'joiner.onnx', 'tokens.txt'])
    expect(readFileSync(join(output, 'tokens.txt'), 'utf8').split('\n').slice(0, 3)).toEqual(['<blk> 0', 'a 1', 'b 2'])
    const transcriber = await Transcriber.load(folder, { threads: 1, maxSymbols: 1 })
    const samples = noise(6, 1)
    const { frames, bins, data } = new FeatureExtractor({ sampleRate: SAMPLE_RATE, bins: 10, snipEdges: false, highFrequency: -400 }).compute(samples)
    const { text, seconds } = loader(output, chunk)(frames, bins, data)
    expect(text.length).toBeGreaterThan(20)
    const { words } = transcriber.transcribe(samples)
    // One word of characters: what follows the last whole chunk is not there.
    expect(words[0]?.word.startsWith(text)).toBe(true)
    expect((words[0]?.word.length as number) - text.length).toBeLessThanOrEqual((6 - seconds) / 0.04)
    transcriber.dispose()
  })

  it.each<[TrainingOptions, string]>([
    [{}, 'it needs a transducer, got the architecture ctc'],
    [{ architecture: 'transducer' }, 'it needs a causal conformer or lstm encoder, got one with full context'],
    [{ architecture: 'transducer', encoder: { type: 'lstm', causal: true }, transducer: { predictor: 'lstm' } }, 'it needs a stateless predictor, got lstm'],
    [{ architecture: 'transducer', encoder: { type: 'lstm', causal: true, subsampling: 2 } }, 'it needs a subsampling of 4, got 2'],
    [{ architecture: 'transducer', encoder: { type: 'lstm', causal: true, width: 8, runningMean: true } }, 'with a running mean of features it needs an encoder wider than these, got 8 and 10'],
    [{ architecture: 'transducer', encoder: { type: 'lstm', causal: true }, features: { window: 'hann' } }, 'the feature setting window must be "povey", got "hann"'],
  ])('refuses %j', async (options, message) => {
    const exported = exportForSherpa(modelFolder(options), join(root, 'refused'))
    await expect(exported).rejects.toThrow(UsageError)
    await expect(exported).rejects.toThrow(`This model cannot be exported for sherpa-onnx: ${message}`)
  })
})
