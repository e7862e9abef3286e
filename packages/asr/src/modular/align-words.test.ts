import { describe, expect, it } from 'vitest'
import { alignWords } from './align-words.js'
import { byWord, parseLexicon, pronunciationsOf } from './lexicon.js'

const PHONES = ['-', 'a', 'b', 'c']
const lexicon = byWord(parseLexicon('AB a b\nAB(2) c b\nBA b a\n', 'test'))
const tokenOf = (phone: string): number => PHONES.indexOf(phone)

/** Frames in which this path is likely. */
function heard(path: string): Float32Array {
  return Float32Array.from([...path].flatMap((phone) => PHONES.map((other) => Math.log(phone === other ? 0.7 : 0.1))))
}

describe('alignWords', () => {
  it('says when each word of a transcript is spoken, and how', () => {
    const options = ['AB', 'BA', 'AB'].map((word) => pronunciationsOf(word, lexicon))
    expect(alignWords(heard('-aab--b-aa-cb'), PHONES.length, options, tokenOf)).toEqual([
      { word: 'AB', phones: ['a', 'b'], start: 1, end: 3 },
      { word: 'BA', phones: ['b', 'a'], start: 6, end: 9 },
      { word: 'AB', phones: ['c', 'b'], start: 11, end: 12 },
    ])
  })

  it('finds the words of the transcript, whatever is heard', () => {
    expect(alignWords(heard('ccccc'), PHONES.length, [pronunciationsOf('BA', lexicon)], tokenOf)?.map(({ word }) => word)).toEqual(['BA'])
    expect(alignWords(heard('---'), PHONES.length, [], tokenOf)).toEqual([])
  })

  it('finds no words in a recording that is too short for them', () => {
    expect(alignWords(heard('b'), PHONES.length, [pronunciationsOf('BA', lexicon)], tokenOf)).toBeUndefined()
  })

  it('refuses words that the lexicon lacks', () => {
    expect(() => pronunciationsOf('C', lexicon)).toThrow('The lexicon has no pronunciation of "C"')
  })
})
