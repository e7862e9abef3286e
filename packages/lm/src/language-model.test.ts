import { cpSync, readFileSync, rmSync, writeFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { beamSearch, sample } from '@parlance/decoding'
import { inference, loadParameters, namedParameters } from '@parlance/nn'
import { readSafetensors, Random, tf, writeSafetensors } from '@parlance/runtime'
import { CharTokenizer } from '@parlance/tokenizer'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { LanguageModel } from './language-model.js'
import { LstmLM } from './lstm.js'
import { savedName } from './parameter-names.js'
import { exampleRun, exampleText, temporaryFolder, useTestDevice } from './testing.js'
import { trainLanguageModel } from './train-language-model.js'
import { TransformerLM } from './transformer.js'

const { folder, remove } = temporaryFolder()
const folders = { transformer: join(folder, 'transformer'), lstm: join(folder, 'lstm') }

beforeAll(async () => {
  await useTestDevice()
  for (const model of ['transformer', 'lstm'] as const) {
    await trainLanguageModel(exampleRun(folders[model], { model, maxSteps: 400, evaluateEvery: 100 }))
  }
})
afterAll(remove)

const load = (type: 'transformer' | 'lstm') => LanguageModel.load(folders[type], { threads: 1 })
const text = exampleText(12, 5)

/** ln P of every next token by the TF.js model, for one run of tokens from the beginning: (T, V). */
function reference(type: 'transformer' | 'lstm', { config }: LanguageModel, tokens: Int32Array): Float32Array[] {
  const random = new Random(9)
  const model = config.type === 'lstm' ? new LstmLM(config, random) : new TransformerLM(config, random)
  const { tensors } = readSafetensors(join(folders[type], 'model.safetensors'))
  const names = [...namedParameters(model).keys()]
  const values = names.map((name) => [name, tensors.get(savedName(type, name)) as { shape: number[]; data: Float32Array }] as const)
  loadParameters(model, new Map(values))
  const rows = tf.tidy(() => {
    const ids = tf.tensor2d(tokens, [1, tokens.length], 'int32')
    const logits = model instanceof LstmLM ? model.forward(ids, inference).logits : model.forward(ids, inference)
    return (tf.logSoftmax(tf.squeeze(logits, [0]) as tf.Tensor2D).arraySync() as number[][]).map((row) => Float32Array.from(row))
  })
  model.dispose()
  return rows
}

function sumOfLosses(logProbs: Float32Array[], tokens: Int32Array, from = 1): number {
  let nll = 0
  for (let i = from; i < tokens.length; i++) nll -= (logProbs[i - 1] as Float32Array)[tokens[i] as number] as number
  return nll
}

describe('score', () => {
  it('sums what the transformer says in windows', async () => {
    const model = await load('transformer')
    const tokens = model.tokenizer.encode(text)
    const { context } = model.config
    let apart = 0
    for (let start = 0; start + 1 < tokens.length; start += context) {
      const window = tokens.subarray(start, start + context + 1)
      apart += sumOfLosses(reference('transformer', model, window.subarray(0, -1)), window)
    }
    const score = model.score(text)
    expect(score.nll).toBeCloseTo(apart, 3)
    expect(score).toMatchObject({ tokens: tokens.length - 1, context, stride: context })
    expect(score.perplexity).toBeCloseTo(Math.exp(apart / (tokens.length - 1)), 4)
    expect(score.bitsPerByte).toBeCloseTo(apart / Math.LN2 / Buffer.byteLength(text), 4)
    const words = text.split(/\s+/).filter((word) => word !== '').length + 12
    expect(score.wordPerplexity).toBeCloseTo(Math.exp(apart / words), 2)
  })

  it.each(['transformer', 'lstm'] as const)('computes with the weights of a %s as they are stored, in 16 bits too', async (type) => {
    const run = (weights: 'float32' | 'float16' | 'bfloat16') => {
      const folder = join(folders[type], '..', `${type}-${weights}`)
      return trainLanguageModel(exampleRun(folder, { model: type, maxSteps: 20, weights })).then(() => folder)
    }
    const [full, half, brain] = [await run('float32'), await run('float16'), await run('bfloat16')] as const
    const [wanted, ...scores] = await Promise.all([full, half, brain].map(async (folder) => (await LanguageModel.load(folder, { threads: 1 })).score(text).nll))
    const size = (folder: string) => statSync(join(folder, 'model.safetensors')).size
    // Relative to the whole: rounded to ten and to seven bits of fraction.
    for (const [i, tolerance] of [1e-4, 1e-3].entries()) {
      const difference = Math.abs((scores[i] as number) / (wanted as number) - 1)
      expect(difference).toBeGreaterThan(0)
      expect(difference).toBeLessThan(tolerance)
    }
    for (const folder of [half, brain]) expect(size(folder) / size(full)).toBeLessThan(0.7)
  })

  it('gives predictions more context with a smaller stride', async () => {
    const model = await load('transformer')
    const tokens = model.tokenizer.encode(text)
    const { context } = model.config
    let nll = sumOfLosses(reference('transformer', model, tokens.subarray(0, context)), tokens.subarray(0, context + 1))
    for (let end = context + 1; end < tokens.length; end++) {
      const window = tokens.subarray(end - context, end + 1)
      nll += sumOfLosses(reference('transformer', model, window.subarray(0, -1)), window, context)
    }
    expect(model.score(text, { stride: 1 }).nll).toBeCloseTo(nll, 3)
    expect(nll).toBeLessThan(model.score(text).nll)
  })

  it('takes a shorter context', async () => {
    const model = await load('transformer')
    const { nll } = model.score(model.tokenizer.encode(text), { context: 1 })
    const bigrams = [...text].slice(1).reduce((sum, character, i) => {
      const before = model.tokenizer.encode(text[i] as string)
      return sum - ((reference('transformer', model, before)[0] as Float32Array)[model.tokenizer.encode(character)[0] as number] as number)
    }, 0)
    expect(nll).toBeCloseTo(bigrams, 3)
  })

  it('carries the state of an LSTM through the whole text', async () => {
    const model = await load('lstm')
    const tokens = model.tokenizer.encode(text)
    expect(tokens.length).toBeGreaterThan(70) // more than two chunks
    const score = model.score(text)
    expect(score.nll).toBeCloseTo(sumOfLosses(reference('lstm', model, tokens), tokens), 3)
    expect(score).toMatchObject({ tokens: tokens.length - 1, context: null, stride: null })
  })

  it('says what cannot be scored', async () => {
    const [transformer, lstm] = [await load('transformer'), await load('lstm')]
    expect(() => transformer.score('t')).toThrow('A text of 1 tokens has nothing to predict: two are needed.')
    expect(() => transformer.score(Int32Array.of(0, 99))).toThrow("A token is outside the model's vocabulary of")
    expect(() => transformer.score(text, { context: 9 })).toThrow("The model's context is 8 tokens, got 9")
    expect(() => transformer.score(text, { stride: 9 })).toThrow('The stride must be a whole number from 1 to the context of 8, got 9.')
    expect(() => lstm.score(text, { stride: 2 })).toThrow('An LSTM sees everything before a token: leave out the stride.')
  })
})

describe.each(['transformer', 'lstm'] as const)('the %s, token by token', (type) => {
  it('has the probabilities of the whole, as a scorer', async () => {
    const model = await load(type)
    const { scorer } = model
    const tokens = model.tokenizer.encode('the big c').subarray(0, model.config.context)
    const wanted = reference(type, model, tokens)
    let state = scorer.initial()
    expect(scorer.score(state, 3)).toBeCloseTo(-Math.log(model.config.vocabSize), 6)
    for (const [i, token] of tokens.entries()) {
      state = scorer.advance(state, token)
      for (let next = 0; next < model.config.vocabSize; next++) {
        expect(Math.abs(scorer.score(state, next) - ((wanted[i] as Float32Array)[next] as number))).toBeLessThan(1e-4)
      }
    }
    expect(() => scorer.score(state, 99)).toThrow("Token 99 is outside the model's vocabulary")
    expect(() => scorer.advance(state, -1)).toThrow("Token -1 is outside the model's vocabulary")
  })

  it('branches: a state can be continued twice', async () => {
    const { scorer, tokenizer } = await load(type)
    const [a, b] = tokenizer.encode('ab') as unknown as [number, number]
    const state = scorer.advance(scorer.initial(), a)
    const before = scorer.score(scorer.advance(state, b), a)
    scorer.advance(state, a)
    expect(scorer.score(scorer.advance(state, b), a)).toBe(before)
  })

  it('writes the same alone and in a batch, beyond its context', async () => {
    const model = await load(type)
    const prompts = ['the', 'the old dog b', 'a'].map((prompt) => model.tokenizer.encode(prompt))
    const options = { eos: [], maxLength: 40, seed: 5 }
    const together = (await sample(model.tokenModel, 3, { ...options, prompts })).flat()
    for (const [i, prompt] of prompts.entries()) {
      const [alone] = (await sample(model.tokenModel, 1, { ...options, prompts: [prompt], sentenceIds: [i] })).flat()
      expect(alone?.tokens).toEqual(together[i]?.tokens)
      expect(alone?.tokens.length).toBe(40)
    }
  })

  it('searches with beams as far as all sequences go', async () => {
    const model = await load(type)
    const prompt = model.tokenizer.encode('the ')
    const { vocabSize } = model.config
    const [found] = await beamSearch(model.tokenModel, 1, { prompts: [prompt], eos: [], maxLength: 2, beamSize: vocabSize })
    const { scorer } = model
    let state = scorer.initial()
    for (const token of prompt) state = scorer.advance(state, token)
    let best = -Infinity
    for (let first = 0; first < vocabSize; first++) {
      const next = scorer.advance(state, first)
      for (let second = 0; second < vocabSize; second++) best = Math.max(best, scorer.score(state, first) + scorer.score(next, second))
    }
    expect(found?.[0]?.logProb).toBeCloseTo(best, 4)
  })

  it('has learned the text', async () => {
    const model = await load(type)
    const continuation = await model.generate('the ', { temperature: 0, maxTokens: 12 })
    expect(continuation).toMatch(/^(big|old|red) /)
    expect(await model.generate('the ', { seed: 4, topK: 5, topP: 0.9 })).toBe(await model.generate('the ', { seed: 4, topK: 5, topP: 0.9 }))
    expect(await model.generate('the ', { seed: 4 })).not.toBe(await model.generate('the ', { seed: 5 }))
    await expect(model.generate('')).rejects.toThrow('The prompt is empty: give one token at least.')
  })
})

describe('load', () => {
  const broken = join(folder, 'broken')
  const copy = () => {
    rmSync(broken, { recursive: true, force: true })
    cpSync(folders.transformer, broken, { recursive: true })
    return (name: string) => join(broken, name)
  }

  it('says which file is missing', async () => {
    await expect(LanguageModel.load(join(folder, 'nowhere'))).rejects.toThrow('nowhere/config.json: there is no such file.')
    const file = copy()
    rmSync(file('score.onnx'))
    const model = await LanguageModel.load(broken)
    expect(() => model.score(text)).toThrow('score.onnx: there is no such file: resume the training of this model to its end')
    rmSync(file('model.safetensors'))
    await expect(LanguageModel.load(broken)).rejects.toThrow('model.safetensors: cannot be read: there is no such file.')
  })

  it('refuses weights of other shapes', async () => {
    const file = copy()('model.safetensors')
    const { tensors } = readSafetensors(file)
    tensors.set('model.decoder.embed_tokens.weight', { dtype: 'F32', shape: [2, 3], data: new Float32Array(6) })
    tensors.delete('model.decoder.final_layer_norm.weight')
    tensors.set('more', { dtype: 'F32', shape: [1], data: new Float32Array(1) })
    writeSafetensors(file, tensors)
    await expect(LanguageModel.load(broken)).rejects.toThrow(
      /model\.safetensors: the weights are not those that config\.json describes: model\.decoder\.embed_tokens\.weight has shape \[2, 3\], expected \[\d+, 16\]; model\.decoder\.final_layer_norm\.weight is missing; and 1 more\.$/,
    )
  })

  it('refuses a tokenizer of another vocabulary', async () => {
    const file = copy()('tokenizer.json')
    writeFileSync(file, JSON.stringify(CharTokenizer.fromText('other').toJSON()))
    await expect(LanguageModel.load(broken)).rejects.toThrow(/tokenizer\.json: has another vocabulary \(5 tokens, hash \w+\) than the model's/)
  })

  it('refuses a config that it does not know', async () => {
    const file = copy()('config.json')
    const config = JSON.parse(readFileSync(file, 'utf8'))
    writeFileSync(file, JSON.stringify({ ...config, parlance: { ...config.parlance, model: { ...config.parlance.model, rotary: true } } }))
    await expect(LanguageModel.load(broken)).rejects.toThrow(/config\.json: .*rotary/)
    writeFileSync(file, '{}')
    await expect(LanguageModel.load(broken)).rejects.toThrow('has no section "parlance": it is not the config of a language model.')
  })
})
