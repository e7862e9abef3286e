import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { readJson, UsageError } from '@parlance/nn/command-line'
import { describe, expect, it } from 'vitest'
import { trainingConfigFields } from './config-fields.js'
import { parseTrainingConfig } from './config.js'

describe('parseTrainingConfig', () => {
  it('fills in defaults on every level', () => {
    const config = parseTrainingConfig({ features: { bins: 40 }, encoder: { width: 64 } }, 'test')
    expect(config.features).toMatchObject({ convention: 'kaldi', sampleRate: 16000, bins: 40 })
    expect(config.encoder).toMatchObject({ width: 64, layers: 4 })
    expect(config.augmentation.speeds).toContain(1)
  })

  it.each([
    [{ encoder: { widht: 64 } }, 'there is no field "encoder.widht". Did you mean "width"?'],
    [{ stepz: 1 }, 'there is no field "stepz"'],
    [{ features: { binz: 4 } }, 'field "features": feature config: unknown field "binz"'],
    [{ encoder: { width: 65, heads: 4 } }, 'field "encoder.width": expected a multiple of heads, got 65'],
    [{ encoder: { kernel: 4 } }, 'field "encoder.kernel": expected an odd number, got 4'],
    [{ transducer: { durations: [1, 1] } }, 'field "transducer.durations": expected different numbers'],
    [{ transducer: { durations: [0, 1], loss: 'pruned' } }, 'field "transducer.loss": expected full where there are durations'],
    [{ transducer: { durations: [0, 1], emissionDelay: 80 } }, 'field "transducer.emissionDelay": expected 0 where there are durations'],
    [{ batchSize: 0 }, 'field "batchSize"'],
    [{ units: 'syllables' }, 'field "units"'],
  ])('refuses %j', (json, message) => {
    const parse = () => parseTrainingConfig(json, 'settings.json')
    expect(parse).toThrow(UsageError)
    expect(parse).toThrow(message)
    expect(parse).toThrow('settings.json')
  })
})

describe('the recipes', () => {
  const folder = join(import.meta.dirname, '../configs')
  it.each(readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.json')))('%s is a training config', (file) => {
    expect(parseTrainingConfig(readJson(join(folder, file)), file).maxSteps).toBeGreaterThan(0)
  })
})

describe('trainingConfigFields', () => {
  it('lists every setting under a name of its own', () => {
    const fields = trainingConfigFields()
    const names = fields.map(({ path }) => path.at(-1))
    expect(new Set(names).size).toBe(names.length)
    expect(names).toEqual(expect.arrayContaining(['sampleRate', 'bins', 'width', 'speeds', 'maxSteps', 'maxMinutes', 'units']))
    for (const { description } of fields) expect(description).not.toBe('')
    expect(fields.find(({ path }) => path.join('.') === 'augmentation.speeds')?.type).toBe('numbers')
    expect(fields.find(({ path }) => path.join('.') === 'transducer.durations')).toMatchObject({ type: 'numbers', default: undefined })
  })
})
