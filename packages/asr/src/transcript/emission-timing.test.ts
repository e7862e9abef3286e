import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { parseTrainingConfig } from '../config.js'
import { readTiming, TIMING_FILE, writeTiming } from './emission-timing.js'
import { makeTokenizer } from '../tokens/units.js'

const folder = mkdtempSync(join(tmpdir(), 'timing-'))
afterAll(() => rmSync(folder, { recursive: true }))
const tokenizer = makeTokenizer(['yes no'], 'characters')
const { transducer } = parseTrainingConfig({ transducer: { emissionDelay: 200 } }, 'test')

const said = (...words: [word: string, start: number, end: number][]) => words.map(([word, start, end]) => ({ word, start, end, confidence: 1 }))

describe('writeTiming', () => {
  it('measures the delay of right words', () => {
    const file = join(folder, TIMING_FILE)
    const utterance = (...words: Parameters<typeof said>) => ({ audio: 'a.wav', text: '', words: said(...words) })
    writeTiming(
      file,
      [utterance(['yes', 1, 2], ['no', 3, 4], ['yes', 5, 6]), utterance(['no', 1, 2]), utterance(['no', 1, 2]), { audio: 'b.wav', text: 'no' }],
      [
        { words: said(['yes', 1.1, 2], ['no', 3.2, 4.1], ['no', 9, 9]) }, // the last one is wrong
        { words: said(['no', 1.02, 1.9]) },
        { words: said(['no', 8, 8], ['no', 9, 9]) }, // one too many
        { words: said(['no', 7, 7]) }, // when it was spoken nobody knows
      ],
    )
    expect(readTiming(file, tokenizer, transducer)).toEqual({ mark: tokenizer.tokenToId(' '), start: 0.11, end: 0 })
  })

  it('writes nothing where no word is right', () => {
    const file = join(folder, 'none.json')
    writeTiming(file, [{ audio: 'a.wav', text: 'no' }], [{ words: said(['no', 7, 7]) }])
    expect(existsSync(file)).toBe(false)
  })
})

describe('readTiming', () => {
  it('knows nothing of models that emit whenever they do, and no delay where none was measured', () => {
    expect(readTiming(join(folder, TIMING_FILE), tokenizer, { ...transducer, emissionDelay: 0 })).toBeUndefined()
    expect(readTiming(join(folder, 'none.json'), makeTokenizer(['yes no'], 'words'), transducer)).toEqual({ mark: undefined, start: 0, end: 0 })
  })

  it('names what is wrong with a file', () => {
    const file = join(folder, 'bad.json')
    writeFileSync(file, '{"start":"soon","end":0}')
    expect(() => readTiming(file, tokenizer, transducer)).toThrow(`${file}: field "start"`)
  })
})
