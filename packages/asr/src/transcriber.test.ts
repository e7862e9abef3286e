import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { FeatureExtractor, featureWidth, writeWav } from '@parlance/audio'
import { namedParameters } from '@parlance/nn'
import { Random, useDevice, writeSafetensors, type SafetensorsTensor } from '@parlance/runtime'
import { GraphSession } from '@parlance/runtime/session'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { modelConfig, parseTrainingConfig } from './config.js'
import { greedyTokens } from './ctc-greedy.js'
import { writeEncoderGraph } from './encoder-graph.js'
import { evaluate } from './evaluate.js'
import { CtcModel } from './model.js'
import { Transcriber } from './transcriber.js'
import { makeTokenizer } from './units.js'

const sampleRate = 8000
const tokenizer = makeTokenizer(['abcdefgh'], 'characters')
let root: string
let model: string
let transcriber: Transcriber

/** A model folder with random weights, whose transcripts are long because nothing favours the blank. */
function writeModel(folder: string, width: number, layers: number): void {
  const settings = { features: { sampleRate, bins: 10 }, encoder: { width, layers, heads: 2, attentionContext: 5, positionKernel: 3 } }
  const config = parseTrainingConfig(settings, 'test')
  const bins = featureWidth(config.features)
  const network = new CtcModel({ encoder: config.encoder, bins, vocabSize: tokenizer.vocabSize, random: new Random(4) })
  network.setNormalization({ frames: 1, mean: new Array<number>(bins).fill(-3), deviation: new Array<number>(bins).fill(0.5) })
  const tensors = new Map<string, SafetensorsTensor>()
  for (const [name, variable] of namedParameters(network)) {
    tensors.set(name, { dtype: 'F32', shape: [...variable.shape], data: variable.dataSync() as Float32Array })
  }
  writeSafetensors(join(folder, 'model.safetensors'), tensors)
  writeFileSync(join(folder, 'config.json'), JSON.stringify(modelConfig(config, tokenizer)))
  writeFileSync(join(folder, 'tokenizer.json'), JSON.stringify(tokenizer.toJSON()))
  writeEncoderGraph(network, bins, folder)
}

function noise(seconds: number, seed: number): Float32Array {
  const random = new Random(seed)
  let level = 0.1
  return Float32Array.from({ length: Math.round(seconds * sampleRate) }, (_, i) => {
    if (i % 400 === 0) level = 10 ** random.uniform(1, -3, 0)[0]!
    return level * (2 * random.next() - 1)
  })
}

function wav(name: string, samples: Float32Array): string {
  const file = join(root, name)
  writeWav(file, { sampleRate, channels: [samples] })
  return file
}

beforeAll(async () => {
  await useDevice('cpu', { threads: 1 })
  root = mkdtempSync(join(tmpdir(), 'transcriber-'))
  model = mkdtempSync(join(root, 'model-'))
  writeModel(model, 16, 2)
  transcriber = await Transcriber.load(model, { threads: 1 })
})
afterAll(() => {
  transcriber.dispose()
  rmSync(root, { recursive: true })
})

describe('Transcriber', () => {
  it('hears the same alone and in any batch', () => {
    const inputs = [3, 0.5, 1.2, 0.06, 0.01, 2.3, 0.8].map(noise)
    const alone = inputs.map((input) => transcriber.transcribe(input))
    expect(alone.map(({ text }) => text.length).sort((a, b) => a - b)).toEqual(expect.arrayContaining([0]))
    expect(alone[0]?.text.length).toBeGreaterThan(20)
    for (const batchSize of [1, 2, 8]) expect(transcriber.transcribe(inputs, { batchSize })).toEqual(alone)
    const [first, ...rest] = inputs as [Float32Array, ...Float32Array[]]
    expect(transcriber.transcribe([...rest, first])).toEqual([...alone.slice(1), alone[0]])
    expect(alone.map(({ duration }) => duration)).toEqual([3, 0.5, 1.2, 0.06, 0.01, 2.3, 0.8])
  })

  it('hears in a long recording what the encoder hears in the whole of it', () => {
    const samples = noise(75, 9)
    const { frames, bins, data } = new FeatureExtractor({ sampleRate, bins: 10 }).compute(samples)
    const encoder = GraphSession.load(join(model, 'encoder.onnx'), { threads: 1 })
    const lengths = { data: Int32Array.of(frames), shape: [1] }
    const { log_probs: whole } = encoder.run({ features: { data, shape: [1, frames, bins] }, lengths })
    if (!whole) throw new Error('the graph gave nothing')
    const [, steps, vocabSize] = whole.shape as [number, number, number]
    encoder.dispose()
    expect(steps).toBeGreaterThan(1800)
    const text = tokenizer.decode(greedyTokens(whole.data as Float32Array, steps, vocabSize))
    expect(text.length).toBeGreaterThan(500)
    expect(transcriber.transcribe(samples).text).toBe(text)
  })

  it('reads files of other rates and channels', () => {
    const samples = noise(1, 3)
    const mono = wav('mono.wav', samples)
    writeWav(join(root, 'stereo.wav'), { sampleRate, channels: [samples, samples] })
    const texts = transcriber.transcribe([mono, join(root, 'stereo.wav')]).map(({ text }) => text)
    expect(texts[0]).toBe(texts[1])
    writeWav(join(root, 'fast.wav'), { sampleRate: 44100, channels: [new Float32Array(44100)] })
    expect(transcriber.transcribe(join(root, 'fast.wav')).duration).toBe(1)
  })

  it('evaluates a manifest', () => {
    wav('a.wav', noise(1, 1))
    wav('b.wav', noise(1.5, 2))
    const [a, b] = transcriber.transcribe([join(root, 'a.wav'), join(root, 'b.wav')])
    const file = join(root, 'test.jsonl')
    const line = (audio: string, text: string) => `${JSON.stringify({ audio, text })}\n`
    writeFileSync(file, line('a.wav', a?.text as string) + line('b.wav', `${b?.text} extra word`))
    const { errors, duration, utterances } = evaluate(transcriber, file)
    expect(errors).toMatchObject({ deletions: 2, insertions: 0, substitutions: 0, referenceLength: 4, rate: 0.5 })
    expect(duration).toBe(2.5)
    expect(utterances[0]?.hypothesis).toBe(a?.text)
  })

  it('refuses recordings that it cannot read, naming them', () => {
    expect(() => transcriber.transcribe(join(root, 'none.wav'))).toThrow('none.wav: no such file')
    const empty = join(root, 'empty.wav')
    writeFileSync(empty, '')
    expect(() => transcriber.transcribe(empty)).toThrow('empty.wav')
    const whole = wav('whole.wav', noise(1, 5))
    const cut = join(root, 'cut.wav')
    writeFileSync(cut, readFileSync(whole).subarray(0, 5000))
    expect(() => transcriber.transcribe([whole, cut])).toThrow('cut.wav: truncated')
    expect(() => transcriber.transcribe(whole, { batchSize: 0 })).toThrow('The batch size must be a whole number of 1 or more, got 0')
  })
})

describe('Transcriber.load', () => {
  /** Loads a copy of the model folder after `change`. */
  async function load(change: (folder: string) => void): Promise<Transcriber> {
    const folder = mkdtempSync(join(root, 'copy-'))
    for (const file of ['config.json', 'tokenizer.json', 'model.safetensors', 'encoder.onnx']) {
      copyFileSync(join(model, file), join(folder, file))
    }
    change(folder)
    return Transcriber.load(folder, { threads: 1 })
  }

  it.each([
    ['a missing graph', (folder: string) => rmSync(join(folder, 'encoder.onnx')), 'the training did not end; resume it'],
    ['missing weights', (folder: string) => rmSync(join(folder, 'model.safetensors')), 'model.safetensors'],
    [
      'a tokenizer of another vocabulary',
      (folder: string) => writeFileSync(join(folder, 'tokenizer.json'), JSON.stringify(makeTokenizer(['xyz'], 'characters').toJSON())),
      'is another tokenizer (of 4 tokens) than the model was trained with (9 tokens)',
    ],
    [
      'a folder of another kind of model',
      (folder: string) => writeFileSync(join(folder, 'config.json'), '{"model_type":"opt"}'),
      'config.json: it names no architecture, not "ctc-transformer": give a folder',
    ],
    ['a config that is not JSON', (folder: string) => writeFileSync(join(folder, 'config.json'), '{'), 'config.json: is not valid JSON'],
    [
      'features changed by hand',
      (folder: string) => {
        const file = join(folder, 'config.json')
        writeFileSync(file, readFileSync(file, 'utf8').replace('"frameShift":10', '"frameShift":5'))
      },
      'the features are not those that the model was trained on',
    ],
  ])('refuses %s', async (_, change, message) => {
    await expect(load(change)).rejects.toThrow(message)
  })

  it('refuses weights of another shape', async () => {
    const wider = mkdtempSync(join(root, 'wider-'))
    writeModel(wider, 32, 2)
    const swap = (from: string) => (folder: string) => copyFileSync(join(from, 'model.safetensors'), join(folder, 'model.safetensors'))
    await expect(load(swap(wider))).rejects.toThrow('position.weight has shape [32, 32, 3], wanted [16, 16, 3]')
    const deeper = mkdtempSync(join(root, 'deeper-'))
    writeModel(deeper, 16, 3)
    await expect(load(swap(deeper))).rejects.toThrow('has 3 blocks, wanted 2')
  })

  it('refuses a folder that is not there', async () => {
    await expect(Transcriber.load(join(root, 'nowhere'))).rejects.toThrow('nowhere: there is no such model folder')
  })
})
