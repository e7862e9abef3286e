/** Translators in other hands: exported for `@huggingface/transformers`, and our own graphs in plain ONNX Runtime. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { AutoModelForSeq2SeqLM, AutoTokenizer, env, type PreTrainedModel, type PreTrainedTokenizer } from '@huggingface/transformers'
import { generateParallel } from '@parlance/corpora'
import { useDevice } from '@parlance/runtime'
import { trainingConfigSchema, Translator } from '@parlance/translation'
import { exportForTransformers, quantizeTranslator, trainTranslator } from '@parlance/translation/training'
// oxlint-disable-next-line no-restricted-imports -- what others run the files with
import { InferenceSession, Tensor } from 'onnxruntime-node'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const [START, PAD, END, UNKNOWN] = [0, 1, 2, 3]
const pairs = generateParallel({ seed: 1, pairs: 500 })
const lines = pairs.slice(0, 40).map(({ source }) => source)
let root: string
let translator: Translator
let wanted: number[][]

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'transformers-'))
  const data = join(root, 'pairs.tsv')
  writeFileSync(data, pairs.map(({ source, target }) => `${source}\t${target}\n`).join(''))
  await useDevice('cpu', { threads: 1 })
  const config = trainingConfigSchema.parse({
    vocabSize: 400, width: 32, heads: 2, encoderLayers: 2, decoderLayers: 2, feedForwardWidth: 64, batchTokens: 600, batchShapes: 2,
    warmupSteps: 40, learningRate: 0.01, maxSteps: 200, evaluateEvery: 200, evaluateSentences: 5,
  })
  await trainTranslator({ files: { train: [data], valid: [data] }, output: join(root, 'model'), config, threads: 1 })
  translator = await Translator.load(join(root, 'model'), { threads: 1 })
  wanted = (await translator.translate(lines, { beamSize: 1, maxLength: 30 })).map(({ hypotheses: [best] }) => [...(best?.tokens ?? [])])
  expect(new Set(wanted.map(String)).size).toBeGreaterThan(20)
})
afterAll(() => {
  translator.dispose()
  rmSync(root, { recursive: true })
})

describe('a translator exported for transformers.js', () => {
  let tokenizer: PreTrainedTokenizer
  let model: PreTrainedModel
  beforeAll(async () => {
    exportForTransformers(join(root, 'model'), join(root, 'exported'))
    env.allowRemoteModels = false
    env.localModelPath = root
    tokenizer = await AutoTokenizer.from_pretrained('exported')
    model = await AutoModelForSeq2SeqLM.from_pretrained('exported', { dtype: 'fp32', session_options: { intraOpNumThreads: 1 } })
  })

  it('has the same tokens for a text, the end included', () => {
    for (const text of [...lines, 'Ünïcödé, 漢字 and 🎈!', 'two  spaces', "it's 1,234.5"]) {
      expect(tokenizer.encode(text)).toEqual([...translator.tokenizer.encode(` ${text}`), END])
    }
  })

  const generate = async (texts: string[]): Promise<number[][]> => {
    const output = await model.generate({ ...tokenizer(texts, { padding: true }), max_new_tokens: 30 })
    return (output as unknown as { tolist(): bigint[][] }).tolist().map((row) => {
      const said = row.slice(1).map(Number)
      const end = said.indexOf(END)
      return end < 0 ? said : said.slice(0, end)
    })
  }

  it('says greedily what ours says, a sentence at a time and several together', async () => {
    for (const [i, line] of lines.slice(0, 15).entries()) expect(await generate([line])).toEqual([wanted[i]])
    expect(await generate(lines)).toEqual(wanted)
  })

  it('refuses architectures that are none of theirs, and quantized folders', () => {
    quantizeTranslator({ model: join(root, 'model'), output: join(root, 'int8'), to: 'int8' })
    expect(() => exportForTransformers(join(root, 'int8'), join(root, 'x'))).toThrow('is quantized: give the folder that it was made from.')
    expect(() => exportForTransformers(join(root, 'model'), join(root, 'model'))).toThrow('must be another folder')
  })
})

/** Greedy search by nothing but ONNX Runtime and the ports of the two graphs. */
async function plain(folder: string, source: Int32Array, most: number): Promise<number[]> {
  const [encoder, decoder] = [await InferenceSession.create(join(folder, 'encoder.onnx')), await InferenceSession.create(join(folder, 'decoder.onnx'))]
  // Sources are padded to eights. What the encoder gives, the decoder takes under the same name.
  const padded = new Int32Array(Math.ceil(source.length / 8) * 8).fill(PAD)
  padded.set(source)
  const memory = await encoder.run({ source: new Tensor('int32', padded, [1, padded.length]) })
  const ints = (...values: number[]) => new Tensor('int32', Int32Array.from(values), [values.length])
  // The decoder's state goes in under a name, comes out under the same with new_ in front, and begins empty.
  const names = decoder.outputNames.filter((name) => name.startsWith('new_')).map((name) => name.slice(4))
  const shapes = new Map(decoder.inputMetadata.map((port) => [port.name, port.isTensor ? port.shape : []]))
  let state = Object.fromEntries(names.map((name) => {
    const shape = (shapes.get(name) as (number | string)[]).map((axis, i) => (typeof axis === 'number' && axis >= 0 ? axis : i === 0 ? 1 : 0))
    return [name, memory[name] ?? new Tensor('float32', new Float32Array(shape.reduce((a, b) => a * b, 1)), shape)]
  })) as Record<string, Tensor>
  const said: number[] = []
  for (let position = 0, token = START; position < most; position++) {
    const outputs = await decoder.run({
      ...memory, ...state, tokens: ints(token), parents: ints(0), position: ints(position), candidates: ints(0, 0, 0, 0),
      wanted: new Tensor('int32', new Int32Array(0), [1, 0]),
    })
    // Best first; what is never said is passed over.
    token = [...((outputs.ids as Tensor).data as Int32Array)].find((id) => ![START, PAD, UNKNOWN].includes(id)) as number
    if (token === END) break
    said.push(token)
    state = Object.fromEntries(names.map((name) => [name, outputs[`new_${name}`] as Tensor]))
  }
  return said
}

describe('the graphs of a model folder in plain ONNX Runtime', () => {
  it('say greedily what the translator says', async () => {
    for (const [i, line] of lines.slice(0, 5).entries()) {
      const source = Int32Array.of(...translator.tokenizer.encode(` ${line}`), END)
      expect(await plain(join(root, 'model'), source, 30)).toEqual(wanted[i])
    }
  })
})
