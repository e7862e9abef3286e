import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { makeTokenizer } from '../tokens/units.js'
import { parsePhrases, readPhrases } from './phrase-file.js'

const words = makeTokenizer(['call room one two three'], 'words')
const characters = makeTokenizer(['ab c'], 'characters')

function parse(text: string) {
  return parsePhrases(text, words, 'names.txt').map(({ tokens, weight }) => [words.decode(tokens), weight])
}

describe('parsePhrases', () => {
  it('reads phrases, weights, classes and comments', () => {
    const text = '# numbers\r\nroom @digit @digit :2.5 # twice\n\n@digit = one | two three\ncall one\n  call   two :.5\n'
    expect(parse(text)).toEqual([
      ['room one one', 2.5], ['room one two three', 2.5], ['room two three one', 2.5], ['room two three two three', 2.5],
      ['call one', 1.5], ['call two', 0.5],
    ])
  })

  it('spells phrases with the characters of the model', () => {
    const [phrase, ...more] = parsePhrases('ab c', characters, 'names.txt')
    expect(more).toEqual([])
    expect(phrase?.tokens).toEqual([...characters.encode('ab c')])
  })

  it.each([
    ['', 'names.txt: there are no phrases in it: write one a line.'],
    ['one\ntwo :x', 'names.txt: line 2: the weight must be a number above 0, got "x".'],
    ['one :-1', 'names.txt: line 1: the weight must be a number above 0, got "-1".'],
    ['one :', 'names.txt: line 1: the weight must be a number above 0, got "".'],
    [':3', 'names.txt: line 1: there is a weight without a phrase.'],
    ['\nroom @digit', 'names.txt: line 2: the class @digit is not defined: add a line @digit = ONE | TWO.'],
    ['@d = one\n@d = two\none', 'names.txt: line 2: the class @d is defined a second time.'],
    ['@d = one |\none', 'names.txt: line 1: the class @d has an empty phrase: write @d = ONE | TWO.'],
    ['@d = one | @e\none', 'names.txt: line 1: the class @d has the class @e in it: classes hold plain phrases.'],
    ['@d = one | two | three\n@d @d @d @d @d @d @d @d @d', 'names.txt: line 2: its classes make more than 10000 phrases: split it or use smaller classes.'],
    ['one\nfour', 'names.txt: line 2: the model has no tokens for "four": word "four" is not in the vocabulary'],
  ])('refuses %j', (text, message) => {
    expect(() => parse(text)).toThrow(message)
  })
})

describe('readPhrases', () => {
  it('refuses what is not there or not UTF-8', () => {
    const folder = mkdtempSync(join(tmpdir(), 'phrases-'))
    const file = join(folder, 'latin.txt')
    writeFileSync(file, Uint8Array.of(0x4d, 0xfc, 0x6c))
    expect(() => readPhrases(file, words)).toThrow('latin.txt: is not UTF-8: save the phrases as UTF-8 text.')
    expect(() => readPhrases(join(folder, 'none.txt'), words)).toThrow('none.txt: the phrases cannot be read: ENOENT')
    rmSync(folder, { recursive: true })
  })
})
