import { trainBpe } from '@parlance/tokenizer'
import { describe, expect, it } from 'vitest'
import { SPECIAL_TOKENS } from '../special-tokens.js'
import { encodeText } from '../text-codec.js'
import { extendTokenizer, languagePrefix, languageTag, SYNTHETIC_TAG, targetLanguages } from './languages.js'

describe('language tags', () => {
  const plain = () => trainBpe(['a text to learn from'], { vocabSize: 270, specialTokens: SPECIAL_TOKENS })

  it('are behind the vocabulary that a tokenizer had, whose ids stay', async () => {
    const before = await plain()
    const after = extendTokenizer(before, [languageTag('fr'), languageTag('de'), SYNTHETIC_TAG])
    expect(after.vocabSize).toBe(before.vocabSize + 3)
    expect([...after.encode('a text')]).toEqual([...before.encode('a text')])
    expect(after.tokenToId('<2de>')).toBe(before.vocabSize + 1)
    expect(targetLanguages(after)).toEqual(['de', 'fr'])
    expect(targetLanguages(before)).toEqual([])
    expect(extendTokenizer(after, [languageTag('de')])).toBe(after)
    expect([...languagePrefix(after, ['de', 'fr'], 'de')]).toEqual([before.vocabSize + 1])
    expect([...languagePrefix(before, [], undefined)]).toEqual([])
  })

  it('never come from text', async () => {
    const tokenizer = extendTokenizer(await plain(), [languageTag('de'), SYNTHETIC_TAG])
    const tokens = encodeText(tokenizer, 'a <2de> b <bt> <2de>')
    expect([...tokens].filter((id) => id >= tokenizer.vocabSize - 2)).toEqual([])
    expect(tokenizer.decode(tokens)).toBe(' a <2de> b <bt> <2de>')
  })

  it('that are missing, unknown or not needed are told in one line', async () => {
    const tokenizer = extendTokenizer(await plain(), [languageTag('de'), languageTag('fr')])
    const known = targetLanguages(tokenizer)
    expect(() => languagePrefix(tokenizer, known, undefined)).toThrow('The model translates into de, fr: say into which of them.')
    expect(() => languagePrefix(tokenizer, known, 'it')).toThrow('The model does not translate into "it": it knows de, fr.')
    expect(() => languagePrefix(tokenizer, [], 'it')).toThrow('knows none by name: leave out the language "it"')
  })
})
