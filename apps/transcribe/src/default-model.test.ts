import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { defaultModel } from './default-model.js'

describe('defaultModel', () => {
  it('is the folder of the shipped model', () => {
    expect(existsSync(join(defaultModel(), 'model.safetensors'))).toBe(true)
  })

  it('says what to do when the shipped model is not installed', () => {
    const missing = (): string => {
      throw new Error('Cannot find module')
    }
    expect(() => defaultModel(missing)).toThrow(
      'There is no model: name a model folder with --model DIR (the default one, @parlance/transcribe-digits, is not installed).',
    )
  })
})
