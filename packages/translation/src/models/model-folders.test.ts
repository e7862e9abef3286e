import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { namedParameters } from '@parlance/nn'
import { Random, useDevice, writeSafetensors } from '@parlance/runtime'
import { trainBpe, type Tokenizer } from '@parlance/tokenizer'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { trainingConfigSchema } from '../config.js'
import { folderConfig, readFolderConfig } from '../folder-config.js'
import { exportTranslator } from '../inference-files.js'
import { modelConfig } from '../model-config.js'
import { fileNames } from '../parameter-names.js'
import { SPECIAL_TOKENS } from '../special-tokens.js'
import { Translator } from '../translator.js'
import { createModel } from './create-model.js'

let root: string
let tokenizer: Tokenizer

beforeAll(async () => {
  await useDevice('cpu', { threads: 1 })
  root = mkdtempSync(join(tmpdir(), 'folders-'))
  tokenizer = await trainBpe(['a dog sees the old house', 'the house sees a dog'], { vocabSize: 270, specialTokens: SPECIAL_TOKENS })
})
afterAll(() => rmSync(root, { recursive: true }))

/** A model folder as training leaves it, of a model that has learned nothing. */
async function write(name: string, fields: object): Promise<string> {
  const folder = mkdtempSync(join(root, `${name}-`))
  const config = modelConfig(trainingConfigSchema.parse({ width: 16, encoderLayers: 1, decoderLayers: 2, ...fields }), tokenizer.vocabSize)
  const model = createModel(config, 1)
  const tensors = await Promise.all(
    Array.from(fileNames(namedParameters(model)), async ([name, variable]) => {
      return [name, { dtype: 'F32' as const, shape: variable.shape, data: (await variable.data()) as Float32Array }] as const
    }),
  )
  writeSafetensors(join(folder, 'model.safetensors'), new Map(tensors))
  model.dispose()
  writeFileSync(join(folder, 'config.json'), JSON.stringify(folderConfig({ model: config, tokenizer: { hash: tokenizer.hash } })))
  writeFileSync(join(folder, 'tokenizer.json'), JSON.stringify(tokenizer.toJSON()))
  expect(readFolderConfig(folder).model).toEqual(config)
  exportTranslator(folder)
  return folder
}

describe.each([
  ['transformer', {}, 'm2m_100'],
  ['untied', { tiedEmbeddings: 'output' }, 'parlance_translation'],
  ['ssru', { decoder: 'ssru' }, 'parlance_translation'],
  ['average', { decoder: 'average', tiedEmbeddings: 'none' }, 'parlance_translation'],
  ['lstm', { architecture: 'lstm' }, 'parlance_translation'],
  ['additive', { architecture: 'lstm', attention: 'additive' }, 'parlance_translation'],
  ['convolutional', { architecture: 'convolutional' }, 'parlance_translation'],
] as const)('a model folder (%s)', (name, fields, type) => {
  it('loads and translates, a line alone as in any company', async () => {
    const folder = await write(name, fields)
    const { model_type } = JSON.parse(readFileSync(join(folder, 'config.json'), 'utf8')) as { model_type: string }
    expect(model_type).toBe(type)
    const translator = await Translator.load(folder, { threads: 1 })
    const words = ['dog', 'house', 'sees', 'the', 'old']
    const random = new Random(4)
    const lines = Array.from({ length: 20 }, () => Array.from(random.permutation(5), (i) => words[i]).join(' '))
    const said = async (batchSize: number) => {
      const found = await translator.translate(lines, { batchSize, beamSize: 3, maxLength: 8 })
      return found.map(({ text, hypotheses }) => ({ text, scores: hypotheses.map(({ score }) => score) }))
    }
    const alone = await said(1)
    expect(new Set(alone.map(({ scores }) => scores[0])).size).toBeGreaterThan(10)
    expect(await said(7)).toEqual(alone)
    expect(await said(20)).toEqual(alone)
    translator.dispose()
  })
})

describe('modelConfig', () => {
  const of = (fields: object) => modelConfig(trainingConfigSchema.parse(fields), 300)

  it('has a default of each architecture', () => {
    const shared = { vocabSize: 300, width: 256, tiedEmbeddings: 'all' }
    expect(of({})).toEqual({
      ...shared, architecture: 'transformer', encoderLayers: 6, decoderLayers: 2, heads: 4, feedForwardWidth: 1024, decoder: 'attention',
    })
    expect(of({ architecture: 'lstm' })).toEqual({ ...shared, architecture: 'lstm', encoderLayers: 2, decoderLayers: 2, attention: 'general' })
    expect(of({ architecture: 'convolutional' })).toEqual({ ...shared, architecture: 'convolutional', encoderLayers: 4, decoderLayers: 3, kernel: 3 })
  })

  it.each([
    [{ architecture: 'lstm', heads: 4 }, 'heads does not go with the architecture lstm: leave it out.'],
    [{ attention: 'dot' }, 'attention does not go with the architecture transformer: leave it out.'],
    [{ width: 30, heads: 4 }, 'width must be an even multiple of heads, got width 30 and 4 heads.'],
    [{ architecture: 'convolutional', width: 31 }, 'width must be even, got 31.'],
  ])('rejects %o', (fields, message) => {
    expect(() => of(fields)).toThrow(message)
  })
})
