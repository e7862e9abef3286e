import { trainBpe } from '@parlance/tokenizer'
import { describe, expect, it } from 'vitest'
import { SPECIAL_TOKENS } from '../special-tokens.js'
import { tokenPieces, wordsOfPieces } from './pieces.js'

describe('tokenPieces', () => {
  it('are the text, however characters are cut into tokens', async () => {
    // Few merges: most letters beyond ASCII take two to four tokens.
    const tokenizer = await trainBpe(['the cat and the dog, die Straße'], { vocabSize: 280, specialTokens: SPECIAL_TOKENS })
    for (const text of [' the cat', ' Straße über', ' 猫と犬 🐈‍⬛ ok', ' \uFFFD a \uFFFD\uFFFD b', '  two  spaces ', '']) {
      const tokens = tokenizer.encode(text)
      const pieces = tokenPieces(tokenizer, tokens)
      expect(pieces.length).toBe(tokens.length)
      expect(pieces.join('')).toBe(text)
      const words = [...wordsOfPieces(pieces)].filter((word) => word >= 0)
      expect([...new Set(words)]).toEqual([...text.split(/\s+/u).filter(Boolean).keys()])
    }
  })

  it('are what tokens of cut characters decode to', async () => {
    const tokenizer = await trainBpe(['a'], { vocabSize: 260, specialTokens: SPECIAL_TOKENS })
    const tokens = tokenizer.encode('a🐈b')
    for (let start = 0; start < tokens.length; start++) {
      for (let end = start; end <= tokens.length; end++) {
        const some = tokens.subarray(start, end)
        expect(tokenPieces(tokenizer, some).join('')).toBe(tokenizer.decode(some))
      }
    }
  })
})

describe('wordsOfPieces', () => {
  it('counts between white space', () => {
    expect([...wordsOfPieces([' The', ' ca', 't', ' ', '', 'ß', '.', '\u00A0', 'x'])]).toEqual([0, 1, 1, -1, -1, 2, 2, -1, 3])
  })
})
