import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { SourceLine, TranslateOptions } from '../search/translate-options.js'
import type { Translation } from '../translator.js'
import { translateCorpus, type TranslateCorpusOptions } from './translate-corpus.js'

let folder: string
beforeAll(() => void (folder = mkdtempSync(join(tmpdir(), 'corpus-'))))
afterAll(() => rmSync(folder, { recursive: true }))

/** Says what it was given in capitals, with the number of the line; fails at a call. */
function shouting(failAt = Infinity) {
  const calls: { lines: string[]; options: TranslateOptions | undefined }[] = []
  const translate = async (lines: readonly SourceLine[], options?: TranslateOptions): Promise<Translation[]> => {
    if (calls.length + 1 === failAt) throw new Error('a power cut')
    calls.push({ lines: lines.map(({ text }) => text), options })
    return lines.map(({ text, number }) => {
      const said = text === 'mute' ? '' : `${text.trim().toUpperCase()} ${number}`
      const hypotheses = text.trim() === '' ? [] : [{ text: said, finished: text !== 'endless' }]
      return { text: said, hypotheses, truncated: text === 'cut' } as unknown as Translation
    })
  }
  return { calls, translator: { translate } as unknown as TranslateCorpusOptions['translator'] }
}

const quiet = { write: () => true }
const options = (name: string, more: Partial<TranslateCorpusOptions>): TranslateCorpusOptions => ({
  translator: shouting().translator, model: 'm', sentences: [], output: join(folder, name), side: 'source', progress: quiet, ...more,
})

describe('translateCorpus', () => {
  it('writes made-up sources or targets, tagged when told to, and leaves out what teaches nothing', async () => {
    const sentences = ['ein\tTag', '', 'mute', 'endless', 'cut', ' zwei ']
    const back = await translateCorpus(options('back.tsv', { sentences, tag: true }))
    expect(back).toEqual({ written: 2, leftOut: 4 })
    expect(readFileSync(join(folder, 'back.tsv'), 'utf8')).toBe('<bt> EIN TAG 0\tein Tag\n<bt> ZWEI 5\tzwei\n')
    await translateCorpus(options('forward.tsv', { sentences, side: 'target' }))
    expect(readFileSync(join(folder, 'forward.tsv'), 'utf8')).toBe('ein Tag\tEIN TAG 0\nzwei\tZWEI 5\n')
  })

  it('goes on where it was stopped, to the same file', async () => {
    const sentences = Array.from({ length: 2500 }, (_, i) => `sentence ${i}`)
    const search = { sampling: { seed: 3 } }
    await translateCorpus(options('whole.tsv', { sentences, options: search }))
    await expect(translateCorpus(options('stopped.tsv', { sentences, options: search, ...shouting(3) }))).rejects.toThrow('a power cut')
    const output = join(folder, 'stopped.tsv')
    expect(existsSync(output)).toBe(false)
    expect(readFileSync(`${output}.part`, 'utf8').split('\n').length).toBe(2049)
    await expect(translateCorpus(options('stopped.tsv', { sentences, options: { sampling: { seed: 4 } } }))).rejects.toThrow(
      /stopped\.tsv\.part was begun with another model, input or other settings: go on with the same, or remove it/,
    )
    let said = ''
    const { calls, translator } = shouting()
    const result = await translateCorpus(options('stopped.tsv', { sentences, options: search, translator, progress: { write: (text) => (said += text) } }))
    expect(result).toEqual({ written: 2500, leftOut: 0 })
    expect(calls.map(({ lines }) => lines.length)).toEqual([452])
    expect(calls[0]?.options).toEqual(search)
    expect(said).toMatch(/^Going on after 2048 of 2500 sentences\.\n2500 of 2500 sentences, [\d.]+ a second, 0m00s left\n$/)
    expect(readFileSync(output, 'utf8')).toBe(readFileSync(join(folder, 'whole.tsv'), 'utf8'))
    expect([`${output}.part`, `${output}.part.json`].map((file) => existsSync(file))).toEqual([false, false])
  })

  it('overwrites nothing', async () => {
    await translateCorpus(options('there.tsv', { sentences: ['a'] }))
    await expect(translateCorpus(options('there.tsv', { sentences: ['a'] }))).rejects.toThrow(/there\.tsv is there already: name another file/)
  })
})
