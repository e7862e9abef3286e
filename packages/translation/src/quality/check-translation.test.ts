import { describe, expect, it } from 'vitest'
import { checkTranslation } from './check-translation.js'
import { identifyLanguage } from './language/identify.js'
import { lengthDeviation } from './length.js'

const logs = (...probabilities: number[]): number[] => probabilities.map(Math.log)

describe('checkTranslation', () => {
  const good = {
    source: 'Where did you put my keys?',
    target: 'Wo hast du meine Schlüssel hingelegt?',
    sourceLanguage: 'en',
    targetLanguage: 'de',
  }

  it('estimates the more, the more probable the tokens are', () => {
    const estimates = [0.1, 0.5, 0.9].map((p) => checkTranslation({ ...good, tokenLogProbs: logs(p, p, 0.5) }).quality)
    expect(estimates).toEqual(estimates.toSorted((a, b) => a - b))
    expect(new Set(estimates).size).toBe(3)
    for (const estimate of estimates) expect(estimate > 0 && estimate < 1).toBe(true)
  })

  it('estimates the less, the more is missing', () => {
    const [whole, part] = [good.target, 'Wo hast du sie?'].map((target) => checkTranslation({ ...good, target }).quality)
    expect(part).toBeLessThan(whole as number)
  })

  it('rates what it warns of at most 0.3, however sure the model was', () => {
    const { quality, warnings } = checkTranslation({ ...good, target: good.source, tokenLogProbs: logs(1, 1, 1) })
    expect(warnings[0]).toMatchObject({ kind: 'source-copied', share: 1 })
    expect(quality).toBe(0.3)
  })

  it('says in one short sentence what is suspected', () => {
    const messages = (source: string, target: string) =>
      checkTranslation({ source, target, sourceLanguage: 'en', targetLanguage: 'de' }).warnings.map(({ message }) => message)
    expect(messages('I have 12 cats.', 'Ich habe 13 Katzen.')).toEqual([
      'number changed: "12" of the source is missing, "13" is not in the source',
    ])
    expect(messages('I have no cats.', 'Ich habe Katzen.')).toEqual(['negation lost: only the source has "no"'])
    expect(messages('I like cats.', 'Ich mag Katzen Katzen Katzen.')).toContain('repetition: "katzen" 3 times')
    expect(messages('I like cats.', "J'aime beaucoup les chats.")).toEqual([
      'wrong language: German was asked for, it looks like French',
    ])
    expect(messages('I like cats.', ' ')).toEqual(['the translation is empty'])
  })

  it('keeps messages short, whatever stands in the text', () => {
    const { warnings } = checkTranslation({ ...good, source: 'no '.repeat(1000), target: 'ja '.repeat(990) })
    expect(warnings.length).toBeGreaterThan(0)
    for (const { message } of warnings) expect(message.length).toBeLessThan(300)
  })

  it('says nothing of a source without words', () => {
    for (const source of ['', '  ', '🎉🎉', '\u0000', '…']) {
      expect(checkTranslation({ ...good, source, target: source }).warnings).toEqual([])
    }
    expect(checkTranslation({ ...good, source: '', target: '' }).quality).toBe(1)
    expect(checkTranslation({ ...good, target: '' }).quality).toBe(0)
  })

  it('works without languages, and for those that it does not know', () => {
    const { source, target } = good
    expect(checkTranslation({ source, target }).warnings).toEqual([])
    const kinds = (from: string, to: string, source: string, target: string) =>
      checkTranslation({ source, target, sourceLanguage: from, targetLanguage: to }).warnings.map(({ kind }) => kind)
    expect(kinds('en', 'cs', 'How are you today, my friend?', 'Jak se dnes máš, příteli?')).toEqual([])
    expect(kinds('ne', 'en', 'तपाईंलाई कस्तो छ?', 'How are you?')).toEqual([])
    expect(kinds('en', 'cs', 'How are you today, my friend?', 'And what are you doing here?')).toEqual(['wrong-language'])
  })

  it('works from German and from French into English', () => {
    const kinds = (sourceLanguage: string, source: string, target: string) =>
      checkTranslation({ source, target, sourceLanguage, targetLanguage: 'en' }).warnings.map(({ kind }) => kind)
    expect(kinds('de', 'Ich habe keine einundzwanzig Bücher.', "I don't have twenty-one books.")).toEqual([])
    expect(kinds('de', 'Ich habe keine einundzwanzig Bücher.', 'I have twelve books.')).toEqual(['number-changed', 'negation-lost'])
    expect(kinds('fr', "Je n'ai jamais vu la mer.", 'I have never seen the sea.')).toEqual([])
    expect(kinds('fr', "J'ai souvent vu la mer.", 'I have never seen the sea.')).toEqual(['negation-added'])
  })

  it('takes 100,000 characters in seconds', { timeout: 30_000 }, () => {
    for (const unit of ['a', 'not one ', 'ne que ', '1,', '. ']) {
      const text = unit.repeat(100_000 / unit.length)
      checkTranslation({ source: text, target: text.toUpperCase(), sourceLanguage: 'en', targetLanguage: 'fr' })
    }
  })
})

describe('identifyLanguage', () => {
  it('tells English, German and French apart in a few words, and says nothing where it is not sure', () => {
    expect(['Where are you?', 'Wo bist du?', 'Où es-tu ?'].map((text) => identifyLanguage(text))).toEqual(['en', 'de', 'fr'])
    expect(identifyLanguage('Tom')).toBeUndefined()
    expect(identifyLanguage('123')).toBeUndefined()
  })
})

describe('lengthDeviation', () => {
  it('is the distance of the log-ratio from its mean, in deviations', () => {
    // The table's mean 0.06 + 2.211 / n and deviation 0.108 + 0.39 / √n at n = 25, by hand: log((22 + 3) / (25 + 3)).
    const [source, target] = ['x'.repeat(25), 'y'.repeat(22)]
    const expected = (Math.log(25 / 28) - (0.06 + 2.211 / 25)) / (0.108 + 0.39 / 5)
    expect(lengthDeviation(source, target, 'en', 'de')).toBeCloseTo(expected, 12)
    expect(lengthDeviation(source, source, 'de', 'en')).toBeGreaterThan(0)
    expect(lengthDeviation(source, source)).toBe(0)
  })
})
