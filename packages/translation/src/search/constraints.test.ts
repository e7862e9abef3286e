/** Filters and beginnings that go by text, compared with looking at the text. */
import type { TokenHistory } from '@parlance/decoding'
import { trainBpe, type Tokenizer } from '@parlance/tokenizer'
import { beforeAll, describe, expect, it } from 'vitest'
import { END, PAD, SPECIAL_TOKENS, START, UNKNOWN } from '../special-tokens.js'
import { beginWith } from './begin-with.js'
import { Spellings } from './spellings.js'
import { suppressPhrases } from './suppress-phrases.js'

let tokenizer: Tokenizer
let spellings: Spellings
/** Tokens of these letters alone. */
let few: number[]

beforeAll(async () => {
  const texts = ['a cat at a tea', 'the cats eat', ' a hat ', '(cat) (tea)', ' caté thé', ' at at at cat cat', 'é é']
  tokenizer = await trainBpe(texts, { vocabSize: 290, specialTokens: SPECIAL_TOKENS, minFrequency: 1 })
  spellings = new Spellings(tokenizer)
  few = Array.from({ length: tokenizer.vocabSize }, (_, id) => id).filter((id) => /^[Ġcateh(é]+$/u.test(spellings.of(id).replace('Ã©', 'é')))
})

/** All sequences of up to `length` of `few` tokens that `keeps` keeps, the empty one too. */
function* sequences(length: number, keeps: (tokens: number[]) => boolean, before: number[] = []): Generator<number[]> {
  if (!keeps(before)) return
  yield before
  if (before.length === length) return
  for (const token of few) yield* sequences(length, keeps, [...before, token])
}

const IN_WORD = /[\p{L}\p{N}\uFFFD]$/u

const history = (tokens: readonly number[]): TokenHistory => ({ sentence: 0, length: tokens.length, tokens: Int32Array.from(tokens) }) as TokenHistory

describe('suppressPhrases', () => {
  it.each([
    ['cat', /(?<![\p{L}\p{N}\uFFFD])cat$/u],
    ['a tea', /(?<![\p{L}\p{N}\uFFFD])a tea$/u],
    ['é', /(?<![\p{L}\p{N}\uFFFD])é$/u],
    ['(', /\($/u],
  ])('forbids exactly the tokens that complete "%s" at the beginning of a word', (phrase, completed) => {
    const filter = suppressPhrases(spellings, [phrase])
    const word = /^[\p{L}\p{N}]/u.test(phrase)
    const wrong: string[] = []
    const ways = new Set<number>()
    let most = 0
    for (const tokens of sequences(3, (tokens) => phrase.startsWith(tokenizer.decode(tokens.slice(-2)).trim().slice(0, 1)))) {
      const lower = filter.after(history(tokens))
      let here = 0
      for (const token of few) {
        const all = [...tokens, token]
        // Some last tokens are the phrase, and no letter stands before it.
        const starts = all.some((_, i) => {
          const tail = tokenizer.decode(all.slice(i))
          return tail === ` ${phrase}` || (tail === phrase && !(word && IN_WORD.test(tokenizer.decode(all.slice(0, i)))))
        })
        const banned = lower !== undefined && lower(token, -1) === -Infinity
        const text = tokenizer.decode(all)
        if (banned !== starts || (starts && !completed.test(text))) wrong.push(text)
        if (starts) ways.add(token)
        if (starts) here++
      }
      most = Math.max(most, here)
    }
    expect(wrong).toEqual([])
    expect(ways.size).toBeGreaterThan(phrase === '(' ? 0 : 1)
    expect(filter.maxLowered(5)).toBeGreaterThanOrEqual(most)
  })

  it('leaves longer words that are tokens of their own', () => {
    const cats = tokenizer.tokenToId('Ġcats') ?? tokenizer.tokenToId('cats')
    const cat = tokenizer.tokenToId('Ġcat')
    expect(cat).toBeDefined()
    const lower = suppressPhrases(spellings, ['cat']).after(history([]))!
    expect(lower(cat!, -1)).toBe(-Infinity)
    if (cats !== undefined) expect(lower(cats, -1)).toBe(-1)
    expect(lower(END, -1)).toBe(-1)
  })
})

describe('beginWith', () => {
  it.each(['cat', 'a cat', 'a ca', 'the c', 'é', 'a ', 'the  cat at', '(c', 'xyz 🐈'])('"%s" allows what goes on with it, and nothing else', (text) => {
    const beginning = beginWith(text, tokenizer, spellings)!
    const wanted = text.replace(/\s+/gu, ' ')
    const complete = tokenizer.encode(` ${wanted}`.replace(/ [^ ]*$/u, ''))
    let finished = 0
    const walk = (tokens: number[]): void => {
      const allowed = beginning.after(history(tokens))
      if (allowed === undefined) {
        finished++
        expect(tokenizer.decode(tokens).startsWith(` ${wanted}`)).toBe(true)
        expect(tokens.slice(0, complete.length)).toEqual([...complete])
        expect(tokens.length).toBeLessThanOrEqual(beginning.length)
        return
      }
      if (tokens.length < complete.length) expect(allowed).toEqual([complete[tokens.length]])
      else {
        const all = Array.from({ length: tokenizer.vocabSize }, (_, id) => id).filter((id) => ![START, PAD, END, UNKNOWN].includes(id))
        // As bytes: half a character is compatible, too.
        const bytes = (ids: number[]): string => ids.map((id) => tokenizer.idToToken(id)).join('')
        const target = bytes([...tokenizer.encode(` ${wanted}`)])
        expect([...allowed].sort((a, b) => a - b)).toEqual(all.filter((id) => {
          const said = bytes([...tokens, id])
          return said.startsWith(target) || target.startsWith(said)
        }))
      }
      for (const token of allowed.slice(0, 3)) walk([...tokens, token])
    }
    walk([])
    expect(finished).toBeGreaterThan(0)
  })

  it('leaves the word open, or with a space at the end closed', () => {
    const firstWords = (text: string): string[] => {
      const beginning = beginWith(text, tokenizer, spellings)!
      return beginning.after(history([]))!.map((id) => tokenizer.decode([id]))
    }
    expect(firstWords('ca')).toContain(' cat')
    const closed = beginWith('ca ', tokenizer, spellings)!
    const word = [...tokenizer.encode(' ca')]
    expect(closed.after(history([]))).toEqual([word[0]])
    for (const id of closed.after(history(word))!) expect(tokenizer.decode([id])).toMatch(/^ /u)
  })
})
