import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { splitClauses } from './clauses.js'
import { splitSentences } from './sentences.js'

const sentences = (text: string): string[] => splitSentences(text).map(({ start, end }) => text.slice(start, end))

describe('splitSentences', () => {
  it.each<[string, string[]]>([
    ['How are you? Fine!  And you?', ['How are you?', 'Fine!', 'And you?']],
    ['Dr. Smith met Mrs. Jones at 5 p.m. They talked.', ['Dr. Smith met Mrs. Jones at 5 p.m.', 'They talked.']],
    ['J. R. R. Tolkien wrote it. So did I. Then he left.', ['J. R. R. Tolkien wrote it.', 'So did I.', 'Then he left.']],
    ['It costs 3.50, e.g. here. See No. 5. The answer is no. Good.', ['It costs 3.50, e.g. here.', 'See No. 5.', 'The answer is no.', 'Good.']],
    ['He said: "Hello." Then he left. "Come!" he said.', ['He said: "Hello."', 'Then he left.', '"Come!" he said.']],
    ['Well... maybe. Yes... No.', ['Well... maybe.', 'Yes...', 'No.']],
    ['I am 19. He left. 1. Introduction', ['I am 19.', 'He left.', '1. Introduction']],
    ['1. Introduction. Next.', ['1. Introduction.', 'Next.']],
    ['Am 3. Mai kam Herr Dr. Müller z. B. nach Berlin. Er ist 19. Sie auch.', ['Am 3. Mai kam Herr Dr. Müller z. B. nach Berlin.', 'Er ist 19.', 'Sie auch.']],
    ['Im 19. Jahrhundert usw. war es so. Er sagte: „Das ist gut.“ Dann ging er.', ['Im 19. Jahrhundert usw. war es so.', 'Er sagte: „Das ist gut.“', 'Dann ging er.']],
    ['M. Dupont est là ! Il dit : « Bonjour. » Il part à 10 h. Voilà.', ['M. Dupont est là !', 'Il dit : « Bonjour. »', 'Il part à 10 h.', 'Voilà.']],
    ['你好。我很好。', ['你好。', '我很好。']],
    ['Visit example.com. Mail a@b.de!', ['Visit example.com.', 'Mail a@b.de!']],
    ['Wow 🎉🎉 Nice. 😀', ['Wow 🎉🎉 Nice.', '😀']],
    ['one\u2028two\n\nthree', ['one', 'two', 'three']],
    ['  \t ', []],
  ])('%j', (text, wanted) => {
    expect(sentences(text)).toEqual(wanted)
  })

  it('leaves nothing out but white space', () => {
    const text = fc.array(fc.oneof(fc.string({ unit: 'grapheme' }), fc.constantFrom('Dr. ', '. ', '? ', '» ', ' 3. ', '\n', 'z. B. ', 'A')))
    fc.assert(
      fc.property(text, (parts) => {
        const whole = parts.join('')
        let at = 0
        for (const { start, end } of splitSentences(whole)) {
          expect(whole.slice(at, start).trim()).toBe('')
          expect(whole.slice(start, end)).toBe(whole.slice(start, end).trim())
          expect(end).toBeGreaterThan(start)
          at = end
        }
        expect(whole.slice(at).trim()).toBe('')
      }),
      { seed: 2 },
    )
  })
})

describe('splitClauses', () => {
  const clauses = (text: string, most: number): string[] =>
    splitClauses(text, { start: 0, end: text.length }, (part) => part.length <= most).map(({ start, end }) => text.slice(start, end))

  it('parts at the punctuation of a clause nearest to the middle', () => {
    expect(clauses('We came, we saw; they went, they fell.', 25)).toEqual(['We came, we saw;', 'they went, they fell.'])
    expect(clauses('First this, and then, after a while, that.', 25)).toEqual(['First this, and then,', 'after a while, that.'])
  })

  it('parts between words, and between characters, where nothing better is', () => {
    expect(clauses('one two three four', 10)).toEqual(['one two', 'three four'])
    expect(clauses('a'.repeat(10), 4)).toEqual(['aa', 'aaa', 'aa', 'aaa'])
    expect(clauses('😀😀😀', 4).join('')).toBe('😀😀😀')
    for (const part of clauses('😀'.repeat(1000), 5)) expect(part).toMatch(/^(?:😀)+$/u)
  })

  it('leaves what fits whole', () => {
    expect(clauses('We came, we saw.', 100)).toEqual(['We came, we saw.'])
  })
})
