import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { closestMatch, parseConfig } from './config.js'
import { UsageError } from './errors.js'
import { readJson, readTextFile } from './files.js'

const schema = z.object({
  width: z.number().int().positive().default(128),
  activation: z.enum(['gelu', 'relu']).default('gelu'),
  training: z.object({ learningRate: z.number().positive(), maxSteps: z.number().optional() }).optional(),
  stages: z.array(z.object({ layers: z.number() })).default([]),
})

function message(json: unknown): string {
  try {
    parseConfig(schema, json, 'run.json')
  } catch (error) {
    expect(error).toBeInstanceOf(UsageError)
    return (error as Error).message
  }
  return 'no error'
}

describe('parseConfig', () => {
  it('fills in defaults', () => {
    expect(parseConfig(schema, { training: { learningRate: 0.1 } }, 'run.json')).toEqual({
      width: 128,
      activation: 'gelu',
      training: { learningRate: 0.1 },
      stages: [],
    })
  })

  it('names an unknown field, the closest one and the valid ones', () => {
    expect(message({ widht: 3 })).toBe(
      'run.json: there is no field "widht". Did you mean "width"? The fields are: width, activation, training, stages.',
    )
    expect(message({ colour: 3 })).toBe(
      'run.json: there is no field "colour". The fields are: width, activation, training, stages.',
    )
  })

  it('finds unknown fields inside objects and lists', () => {
    expect(message({ training: { learning_rate: 3 } })).toBe(
      'run.json: there is no field "training.learning_rate". Did you mean "learningRate"? ' +
        'The fields are: learningRate, maxSteps.',
    )
    expect(message({ stages: [{ layers: 1 }, { layer: 2 }] })).toMatch(/no field "stages.1.layer". Did you mean "layers"/)
    expect(message({ toString: 1 })).toMatch(/no field "toString"/)
  })

  it('says in one line what was expected and what was got', () => {
    expect(message({ width: 'wide' })).toBe('run.json: field "width": expected number, got "wide".')
    expect(message({ width: -1 })).toBe('run.json: field "width": Too small: expected number to be >0, got -1.')
    expect(message({ training: {} })).toBe('run.json: field "training.learningRate": expected number, it is missing.')
    expect(message({ activation: 'tanh', width: null })).toMatch(/^run.json: field "width": .*; field "activation": .*"tanh"\.$/)
    expect(message([1])).toBe('run.json: expected object, got [1].')
  })
})

describe('closestMatch', () => {
  it('offers only what is close', () => {
    expect(closestMatch('maxstep', ['maxSteps', 'maxSeconds'])).toBe('maxSteps')
    expect(closestMatch('x', ['maxSteps'])).toBeUndefined()
    expect(closestMatch('x', [])).toBeUndefined()
  })
})

describe('files', () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'files-'))
  const file = (content: string | Uint8Array) => {
    const name = path.join(folder, 'input')
    fs.writeFileSync(name, content)
    return name
  }

  it('reads text and JSON, without the byte order mark', () => {
    expect(readTextFile(file('\ufeffhé'))).toBe('hé')
    expect(readJson(file('{"a": [1]}'))).toEqual({ a: [1] })
  })

  it.each([
    ['missing', () => path.join(folder, 'nowhere'), /nowhere: there is no such file/],
    ['a folder', () => folder, /is a folder, not a file/],
    ['empty', () => file(''), /: is empty/],
    ['not UTF-8', () => file(Uint8Array.of(0x68, 0xc3, 0xa9, 0xe2, 0x82, 0x41)), /not UTF-8 text \(byte 3\)/],
    ['cut inside a character', () => file(Uint8Array.of(0x68, 0xe2, 0x82)), /not UTF-8 text \(byte 1\)/],
    ['not JSON', () => file('{"a": }'), /not valid JSON: Unexpected token/],
  ])('says in one line that a file is %s', (_, name, message) => {
    expect(() => readJson(name())).toThrow(message)
    try {
      readJson(name())
    } catch (error) {
      expect((error as Error).message).not.toContain('\n')
    }
  })
})
