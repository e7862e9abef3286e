import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Translator } from '@parlance/translation'
import { afterAll, describe, expect, it } from 'vitest'
import { defaultModel } from './default-model.js'
import { languagesOf, targetLanguage } from './languages.js'

const folder = mkdtempSync(join(tmpdir(), 'parlance-languages-'))
afterAll(() => rmSync(folder, { recursive: true }))

function model(config: object): string {
  const path = join(folder, `model-${Math.random()}`)
  mkdirSync(path)
  writeFileSync(join(path, 'config.json'), JSON.stringify(config))
  return path
}

describe('languagesOf', () => {
  it('takes the flags, then what the model says', () => {
    const named = model({ languages: { from: 'en', to: 'de' } })
    expect(languagesOf({ model: named })).toEqual({ from: 'en', to: 'de' })
    expect(languagesOf({ model: named, to: 'fr' })).toEqual({ from: 'en', to: 'fr' })
    expect(languagesOf({ model: model({}), from: 'en' })).toEqual({ from: 'en', to: undefined })
    expect(languagesOf({ model: model({ languages: ['en'] }) })).toEqual({ from: undefined, to: undefined })
  })
})

describe('targetLanguage', () => {
  const knows = (...languages: string[]) => ({ languages }) as unknown as Translator

  it('is what a model of several languages is told', () => {
    expect(targetLanguage(knows('de', 'fr'), 'fr')).toEqual({ to: 'fr' })
    expect(targetLanguage(knows(), 'fr')).toEqual({})
  })

  it('must be one that such a model knows', () => {
    expect(() => targetLanguage(knows('de', 'fr'), undefined)).toThrow('The model knows several languages: say with --to into which of de, fr.')
    expect(() => targetLanguage(knows('de', 'fr'), 'it')).toThrow('The model knows no "it": say with --to into which of de, fr.')
  })
})

describe('defaultModel', () => {
  it('says what to do when the default model is not installed', () => {
    const missing = (): string => {
      throw new Error('Cannot find module')
    }
    expect(() => defaultModel(missing)).toThrow(
      'There is no model: name a model folder with --model DIR (the default one, @parlance/translate-en-de, is not installed).',
    )
  })
})
