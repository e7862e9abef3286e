import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { AudioError, encodeWav, FeatureExtractor, SilenceSplitter, writeWav } from '@parlance/audio'
import { Random, useDevice } from '@parlance/runtime'
import { GraphSession } from '@parlance/runtime/session'
import type { Tokenizer } from '@parlance/tokenizer'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { TrainingOptions } from './config.js'
import { evaluate } from './evaluation/evaluate.js'
import { ctcGreedy } from './search/ctc-greedy.js'
import { noise, SAMPLE_RATE as sampleRate, tokenizer, writeModel } from './testing/model-folder.js'
import { PhraseAutomaton } from './search/phrase-automaton.js'
import { type LoadOptions, Transcriber } from './transcriber.js'
import type { Transcript } from './transcript/transcript.js'
import { makeTokenizer } from './tokens/units.js'

let root: string
let model: string
let transcriber: Transcriber

async function loadModel(options: TrainingOptions): Promise<Transcriber> {
  const folder = mkdtempSync(join(root, 'other-'))
  writeModel(folder, options)
  return Transcriber.load(folder, { threads: 1 })
}

/** All but confidences, which are rounded otherwise in another batch. */
function heard(transcripts: readonly Transcript[]) {
  return transcripts.map(({ text, words, duration }) => ({ text, duration, words: words.map(({ word, start, end }) => [word, start, end]) }))
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
  writeModel(model, {})
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
    expect(alone[0]?.text.length).toBeGreaterThan(20)
    for (const batchSize of [1, 2, 8]) expect(heard(transcriber.transcribe(inputs, { batchSize }))).toEqual(heard(alone))
    const [first, ...rest] = inputs as [Float32Array, ...Float32Array[]]
    expect(heard(transcriber.transcribe([...rest, first]))).toEqual(heard([...alone.slice(1), ...alone.slice(0, 1)]))
    expect(alone.map(({ duration }) => duration)).toEqual([3, 0.5, 1.2, 0.06, 0.01, 2.3, 0.8])
  })

  it('hears in a long recording what the encoder hears in the whole of it', () => {
    const samples = noise(75, 9)
    const { frames, bins, data } = new FeatureExtractor({ sampleRate, bins: 10, snipEdges: false, highFrequency: -400 }).compute(samples)
    const encoder = GraphSession.load(join(model, 'encoder.onnx'), { threads: 1 })
    const lengths = { data: Int32Array.of(frames), shape: [1] }
    const { log_probs: whole } = encoder.run({ features: { data, shape: [1, frames, bins] }, lengths })
    if (!whole) throw new Error('the graph gave nothing')
    const [, steps, vocabSize] = whole.shape as [number, number, number]
    encoder.dispose()
    expect(steps).toBeGreaterThan(1800)
    const search = ctcGreedy(vocabSize)
    const state = search.start()
    search.advance([state], [whole.data as Float32Array])
    const text = tokenizer.decode(search.found(state).tokens)
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
    const [a, b] = transcriber.transcribe([join(root, 'a.wav'), join(root, 'b.wav')]) as [Transcript, Transcript]
    const file = join(root, 'test.jsonl')
    const spoken = a.words.map(({ word, start = 0, end = 0 }, i) => ({ word, start: start + (i === 0 ? 0.07 : 0), end: end + 0.02 }))
    const lines = [{ audio: 'a.wav', text: a.text, speaker: 'zoe', words: spoken }, { audio: 'b.wav', text: `${b.text} Extra word`, speaker: 'abe' }, { audio: 'b.wav', text: `X${b.text}` }]
    writeFileSync(file, lines.map((line) => JSON.stringify(line)).join('\n'))
    const { errors, characterErrors, duration, utterances, speakers, confusions, interval, confidenceAuc, timing } = evaluate(transcriber, file)
    const count = a.words.length + 2 * b.words.length + 2
    expect(errors).toMatchObject({ deletions: 2, insertions: 0, substitutions: 1, referenceLength: count, rate: 3 / count })
    expect(characterErrors).toMatchObject({ deletions: ' Extra word'.length + 1, insertions: 0, substitutions: 0 })
    expect(duration).toBe(4)
    expect(utterances[0]).toMatchObject({ hypothesis: a.text, speaker: 'zoe', duration: 1 })
    expect(utterances[1]?.alignment.slice(-2)).toEqual([{ type: 'deletion', reference: 'Extra' }, { type: 'deletion', reference: 'word' }])
    expect(utterances[0]?.alignment.map(({ type, heard }) => [type, heard])).toEqual(a.words.map((word) => ['hit', word]))
    expect(speakers.map(({ speaker, errors }) => [speaker, errors.deletions, errors.referenceLength])).toEqual([['abe', 2, b.words.length + 2], ['zoe', 0, a.words.length]])
    const [wrong] = b.words as [Transcript['words'][0]]
    expect(confusions).toEqual([{ reference: 'Extra', count: 1 }, { reference: `X${wrong.word}`, hypothesis: wrong.word, count: 1 }, { reference: 'word', count: 1 }])
    expect(interval?.low).toBeLessThan(errors.rate)
    expect(interval?.high).toBeGreaterThan(errors.rate)
    const right = [...a.words, ...b.words, ...b.words.slice(1)].map(({ confidence }) => confidence)
    const above = right.reduce((sum, one) => sum + (one > wrong.confidence ? 1 : one === wrong.confidence ? 0.5 : 0), 0)
    expect(confidenceAuc).toBeCloseTo(above / right.length, 12)
    expect(timing?.words).toBe(a.words.length)
    expect(timing?.start.percentile95).toBeCloseTo(0.07, 6)
    expect(timing?.end).toEqual({ median: expect.closeTo(0.02, 6) as number, percentile95: expect.closeTo(0.02, 6) as number })
  })

  it('evaluates what is left after normalisation, with the confidence of the word it is of', () => {
    const { text } = transcriber.transcribe(wav('c.wav', noise(1, 1)))
    const file = join(root, 'normal.jsonl')
    writeFileSync(file, JSON.stringify({ audio: 'c.wav', text: `${text.toUpperCase()} , !` }))
    const { errors, interval, confidenceAuc } = evaluate(transcriber, file, { normalization: 'lowercase-no-punctuation' })
    expect(errors.rate).toBe(0)
    expect([interval, confidenceAuc]).toEqual([undefined, undefined])
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

const conformer = { type: 'conformer', causal: true } as const
const streaming: Record<string, TrainingOptions> = {
  'a transducer with a Conformer': { architecture: 'transducer', encoder: conformer },
  'a transducer with LSTMs': { architecture: 'transducer', encoder: { type: 'lstm', causal: true, subsampling: 2 }, transducer: { predictor: 'lstm' } },
  'a token-and-duration transducer': { architecture: 'transducer', encoder: conformer, transducer: { durations: [0, 1, 2, 4] } },
  'CTC with a Conformer': { encoder: conformer },
  'a transducer with a running mean': { architecture: 'transducer', encoder: { ...conformer, runningMean: true } },
}

describe.each(Object.entries(streaming))('%s', (_, options) => {
  it('hears the same alone, in any batch, and in a stream that is cut anyhow', async () => {
    const transcriber = await loadModel(options)
    const inputs = [2.5, 0.5, 0.06, 0.01, 1.2, 25].map(noise)
    const alone = inputs.map((input) => transcriber.transcribe(input))
    expect(alone[0]?.text.length).toBeGreaterThan(15)
    expect(alone[5]?.words.length).toBeGreaterThan(0)
    expect(heard(transcriber.transcribe(inputs, { batchSize: 4 }))).toEqual(heard(alone))
    for (const [seed, wanted] of alone.entries()) {
      const samples = inputs[seed] as Float32Array
      const random = new Random(seed, 'cuts')
      const stream = transcriber.stream()
      let before: string = ''
      for (let at = 0; at < samples.length;) {
        const next = at + random.integer(5000)
        const { text } = stream.push(samples.subarray(at, next))
        expect(text.startsWith(before)).toBe(true)
        before = text
        at = next
      }
      expect(heard([stream.finish()])).toEqual(heard([wanted]))
      expect(() => stream.push(samples)).toThrow('This stream is finished')
    }
    transcriber.dispose()
  })
})

describe('samples of another rate', () => {
  it('are heard as a file of that rate is, at once and in a stream', async () => {
    const transcriber = await loadModel({ architecture: 'transducer', encoder: conformer })
    const samples = noise(2, 1)
    const sampleRate = 44_100
    const wanted = transcriber.transcribe(encodeWav({ sampleRate, channels: [samples] }, { encoding: 'float32' }))
    expect(wanted.duration).toBe(samples.length / sampleRate)
    expect(transcriber.transcribe(samples, { sampleRate })).toEqual(wanted)
    const stream = transcriber.stream({ sampleRate })
    for (let at = 0; at < samples.length; at += 1001) stream.push(samples.subarray(at, at + 1001))
    expect(heard([stream.finish()])).toEqual(heard([wanted]))
    expect(transcriber.transcribe(samples).duration).toBe(samples.length / transcriber.sampleRate)
    transcriber.dispose()
  })

  it.each([0, 8000.5, -1, NaN])('cannot have the rate %d', async (sampleRate) => {
    const transcriber = await loadModel({ architecture: 'transducer', encoder: conformer })
    const message = `samples: a sample rate must be a positive integer in Hz, got ${sampleRate}`
    expect(() => transcriber.transcribe(noise(1, 1), { sampleRate })).toThrow(message)
    expect(() => transcriber.stream({ sampleRate })).toThrow(message)
    transcriber.dispose()
  })
})

describe('Transcriber.stream', () => {
  it.each<[string, TrainingOptions]>([
    ['with full context', { architecture: 'transducer' }],
    ['an attention decoder', { architecture: 'attention', encoder: conformer }],
  ])('needs another model than one %s', async (_, options) => {
    const transcriber = await loadModel(options)
    expect(() => transcriber.stream()).toThrow('This model needs whole recordings: train a transducer or CTC model with a causal encoder')
    const inputs = [1, 0.3, 0.01].map(noise)
    const alone = inputs.map((input) => transcriber.transcribe(input))
    expect(alone[0]?.text.length).toBeGreaterThan(3)
    expect(heard(transcriber.transcribe(inputs))).toEqual(heard(alone))
    transcriber.dispose()
  })

  it('reads LSTMs of both directions whole', async () => {
    const transcriber = await loadModel({ encoder: { type: 'lstm' } })
    const inputs = [1, 20, 0.3].map(noise)
    expect(heard(transcriber.transcribe(inputs))).toEqual(heard(inputs.map((input) => transcriber.transcribe(input))))
    transcriber.dispose()
  })
})

describe('a recording of more than a minute', () => {
  it.each(Object.entries(streaming))('goes on from stretch to stretch with %s', async (_, options) => {
    // Few frames, to be quick.
    const transcriber = await loadModel({ ...options, features: { frameShift: 40 } })
    const samples = noise(70, 8)
    const stream = transcriber.stream()
    for (let at = 0; at < samples.length; at += 60_000) stream.push(samples.subarray(at, at + 60_000))
    const whole = transcriber.transcribe(samples)
    expect(whole.words.length).toBeGreaterThan(0)
    expect(heard([whole])).toEqual(heard([stream.finish()]))
    const short = noise(1, 1)
    expect(heard(transcriber.transcribe([short, samples, short]))).toEqual(heard([transcriber.transcribe(short), whole, transcriber.transcribe(short)]))
    transcriber.dispose()
  })

  it.each<[string, TrainingOptions, LoadOptions]>([
    ['LSTMs of both directions', { encoder: { type: 'lstm' } }, { beamSize: 3 }],
    ['an attention decoder', { architecture: 'attention', encoder: conformer, features: { frameShift: 80 } }, {}],
    ["features that depend on the recording's maximum", { features: { convention: 'librosa', sampleRate: 8000, fftSize: 256, hopLength: 80 } }, {}],
  ])('is cut at pauses and joined for %s', async (_, options, search) => {
    const folder = mkdtempSync(join(root, 'cut-'))
    writeModel(folder, options)
    const transcriber = await Transcriber.load(folder, { threads: 1, ...search })
    // Half a second of silence after every 6 seconds.
    const samples = noise(70, 3).map((value, i) => (i % (6.5 * sampleRate) < 6 * sampleRate ? value : 0))
    const splitter = new SilenceSplitter(sampleRate, { longest: 30 })
    const parts = [...splitter.push(samples), ...splitter.finish()]
    expect(parts.length).toBeGreaterThan(2)
    let start = 0
    const joined = parts.flatMap((part) => {
      const words = transcriber.transcribe(part).words.map(({ word, start: from = 0, end = 0 }) => [word, from + start, end + start] as const)
      start += part.length / sampleRate
      return words
    })
    const nBest = search.beamSize ?? 1
    const { text, words, duration, alternatives } = transcriber.transcribe(samples, { nBest, batchSize: 2 })
    expect(words.length).toBeGreaterThan(parts.length - 1)
    expect(text).toBe(joined.map(([word]) => word).join(' '))
    expect(duration).toBe(70)
    if (words[0]?.start !== undefined) {
      for (const [i, { start: from, end }] of words.entries()) {
        expect(from).toBeCloseTo(joined[i]?.[1] as number, 3)
        expect(end).toBeCloseTo(joined[i]?.[2] as number, 3)
      }
    }
    expect(alternatives?.length ?? 1).toBe(nBest)
    expect(alternatives?.[0]?.text ?? text).toBe(text)
    transcriber.dispose()
  })
})

describe('Transcriber.transcribeEach', () => {
  it('goes on after recordings that cannot be read', () => {
    const good = wav('good.wav', noise(1, 1))
    const damaged = join(root, 'damaged.wav')
    writeFileSync(damaged, readFileSync(good).subarray(0, 4000))
    const found = [...transcriber.transcribeEach([damaged, good, join(root, 'none.wav'), noise(70, 2), good], { batchSize: 2 })]
    expect(found.map((one) => (one instanceof AudioError ? one.message.replace(/.*\//, '').slice(0, 20) : one.text))).toEqual([
      'damaged.wav: truncat', transcriber.transcribe(good).text, 'none.wav: no such fi', transcriber.transcribe(noise(70, 2)).text, transcriber.transcribe(good).text,
    ])
  })

  it('names a file whose rate is out of all proportion', () => {
    const file = join(root, 'slow.wav')
    writeWav(file, { sampleRate: 1, channels: [new Float32Array(3)] })
    expect(() => transcriber.transcribe(file)).toThrow('slow.wav: cannot convert 1 Hz to 8000 Hz')
  })

  it('reads the bytes of a file', () => {
    const file = wav('bytes.wav', noise(1, 1))
    expect(transcriber.transcribe(readFileSync(file)).text).toBe(transcriber.transcribe(file).text)
  })
})

describe('beam search', () => {
  const found = (transcripts: readonly Transcript[]) => transcripts.map(({ text, words }) => ({ text, words: words.map(({ word, start, end }) => [word, start, end]) }))

  it.each<[string, TrainingOptions, LoadOptions]>([
    ['a transducer', { architecture: 'transducer', encoder: { type: 'lstm', causal: true } }, {}],
    ['a transducer, steps in step', { architecture: 'transducer', encoder: { type: 'lstm', causal: true } }, { synchrony: 'label' }],
    ['CTC', { encoder: conformer }, {}],
  ])('hears with %s in a stream what it hears in the whole, with phrases', async (_, options, search) => {
    const folder = mkdtempSync(join(root, 'beam-'))
    writeModel(folder, options)
    const fusion = (words: Tokenizer) => ({ phrases: new PhraseAutomaton([{ tokens: words.encode('cab'), weight: 3 }]) })
    const plain = await Transcriber.load(folder, { threads: 1, beamSize: 3, ...search })
    const biased = await Transcriber.load(folder, { threads: 1, beamSize: 3, fusion, ...search })
    const inputs = [1.5, 0.5].map(noise)
    const whole = biased.transcribe(inputs, { nBest: 3 })
    const times = (text: string) => text.split('cab').length - 1
    expect(times(whole[0]?.text as string)).toBeGreaterThan(times(plain.transcribe(inputs[0] as Float32Array).text))
    const [first] = whole
    expect(first?.alternatives?.[0]?.text).toBe(first?.text)
    expect(new Set(first?.alternatives?.map(({ text }) => text)).size).toBe(first?.alternatives?.length)
    for (const [i, samples] of inputs.entries()) {
      const stream = biased.stream()
      let settled = ''
      for (let at = 0; at < samples.length; at += 700) {
        const { text, stable } = stream.push(samples.subarray(at, at + 700))
        expect(text.slice(0, stable).startsWith(settled)).toBe(true)
        settled = text.slice(0, stable)
      }
      expect(found([stream.finish()])).toEqual(found([whole[i] as Transcript]))
    }
    plain.dispose()
    biased.dispose()
  })

  it.each([['stretches', { causal: true, type: 'conformer' }], ['whole recordings', { type: 'conformer' }]] as const)('is compared with the CTC beside a transducer, of %s', async (_, encoder) => {
    const folder = mkdtempSync(join(root, 'joint-'))
    writeModel(folder, { architecture: 'transducer', ctcWeight: 0.3, encoder })
    const inputs = [1.2, 0.4].map(noise)
    const scores = async (ctcWeight: number): Promise<Map<string, number>[]> => {
      const joint = await Transcriber.load(folder, { threads: 1, beamSize: 3, ctcWeight })
      const found = joint.transcribe(inputs, { nBest: 3 })
      for (const { text, alternatives } of found) expect(alternatives?.[0]?.text).toBe(text)
      if (ctcWeight > 0) expect(() => joint.stream()).toThrow()
      joint.dispose()
      return found.map(({ alternatives = [] }) => new Map(alternatives.map(({ text, score }) => [text, score as number])))
    }
    const [plain, some, more] = [await scores(0), await scores(0.25), await scores(0.75)]
    for (const [i, own] of plain.entries()) {
      expect(own.size).toBeGreaterThan(1)
      for (const [text, score] of own) {
        const ctc = [[some, 0.25], [more, 0.75]].map(([found, weight]) => (((found as typeof plain)[i]?.get(text) as number) - (1 - (weight as number)) * score) / (weight as number))
        expect(ctc[0]).toBeCloseTo(ctc[1] as number, 3)
        expect(ctc[0]).toBeLessThan(0)
      }
    }
  })

  it('is refused for greedy search', async () => {
    const folder = mkdtempSync(join(root, 'joint-'))
    writeModel(folder, { architecture: 'transducer', ctcWeight: 0.3 })
    await expect(Transcriber.load(folder, { threads: 1, ctcWeight: 0.3 })).rejects.toThrow('Greedy search has no hypotheses to compare with CTC')
  })

  it('is refused where it makes no sense', async () => {
    const folder = mkdtempSync(join(root, 'attending-'))
    writeModel(folder, { architecture: 'attention' })
    await expect(Transcriber.load(folder, { threads: 1, blankPenalty: 1 })).rejects.toThrow('An attention decoder has no blanks')
    await expect(Transcriber.load(model, { threads: 1, ctcWeight: 0.5 })).rejects.toThrow('A CTC model has nothing to be compared with')
    await expect(Transcriber.load(folder, { threads: 1, ctcWeight: 0.5 })).rejects.toThrow('This model has no CTC beside it')
    await expect(Transcriber.load(folder, { threads: 1, ctcWeight: 2 })).rejects.toThrow('The CTC weight must be a number from 0 to 1, got 2')
    await expect(Transcriber.load(model, { threads: 1, beamSize: 0 })).rejects.toThrow('The beam size must be a whole number of 1 or more, got 0')
    expect(() => transcriber.transcribe(noise(1, 1), { nBest: 0 })).toThrow('The number of hypotheses must be a whole number of 1 or more, got 0')
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
      'config.json: it names no architecture, not ctc, transducer or attention: give a folder',
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
    writeModel(wider, { encoder: { width: 32 } })
    const swap = (from: string) => (folder: string) => copyFileSync(join(from, 'model.safetensors'), join(folder, 'model.safetensors'))
    await expect(load(swap(wider))).rejects.toThrow('frontend.convolutions.0.weight has shape [32, 10, 3], wanted [16, 10, 3]')
    const deeper = mkdtempSync(join(root, 'deeper-'))
    writeModel(deeper, { encoder: { layers: 3 } })
    await expect(load(swap(deeper))).rejects.toThrow('has 3 layers, wanted 2')
  })

  it('refuses a folder that is not there', async () => {
    await expect(Transcriber.load(join(root, 'nowhere'))).rejects.toThrow('nowhere: there is no such model folder')
  })
})
