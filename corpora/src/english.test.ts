import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { TRADES } from './english-words.js'
import { generateEnglish } from './english.js'

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')

interface Story { name: string; pronoun: 'He' | 'She' | 'They'; lines: string[] }

function stories(text: string): Story[] {
  return text.trimEnd().split('\n\n').map((story) => {
    const lines = story.split('\n')
    const [, name, verb] = /^(\w+(?: and \w+)?) (is|are) /.exec(lines[0]!)!
    const she = lines.some((line) => /\b(her|she|herself)\b/i.test(line) && line.includes(name!))
    return { name: name!, pronoun: verb === 'are' ? 'They' : she ? 'She' : 'He', lines }
  })
}

/**
 * Share of the words picked by `wanted` that the words before them tell: the most frequent one after the longest
 * context, of at most four words, that occurs in the other half.
 */
function fourWordAccuracy(lines: string[], wanted: (word: string) => boolean): number {
  const seen = new Map<string, Map<string, number>>()
  let right = 0
  let total = 0
  for (const part of ['learn', 'test']) {
    for (const [i, line] of lines.entries()) {
      if ((i % 2 === 0) !== (part === 'learn')) continue
      const words = line.split(' ')
      for (const [at, word] of words.entries()) {
        if (!wanted(word)) continue
        const contexts = [4, 3, 2, 1, 0].map((length) => words.slice(Math.max(0, at - length), at).join(' '))
        if (part === 'learn') {
          for (const context of new Set(contexts)) {
            const counts = seen.get(context) ?? new Map<string, number>()
            seen.set(context, counts.set(word, (counts.get(word) ?? 0) + 1))
          }
        } else {
          const counts = seen.get(contexts.find((context) => seen.has(context))!)!
          total++
          if ([...counts].sort((a, b) => b[1] - a[1])[0]![0] === word) right++
        }
      }
    }
  }
  expect(total).toBeGreaterThan(200)
  return right / total
}

describe('generateEnglish', () => {
  const text = generateEnglish({ seed: 1, sentences: 20_000 })

  it('is the same text for a seed on every platform', () => {
    expect(sha256(generateEnglish({ seed: 42, sentences: 500 }))).toBe('501d43ba8b04372db331730ed1d0aee3a7caf787916f418ddb45d6fba7f4e963')
    expect(generateEnglish({ seed: 1, sentences: 100 })).not.toBe(generateEnglish({ seed: 2, sentences: 100 }))
  })

  it('has the wanted number of sentences, one a line', () => {
    for (const sentences of [0, 1, 7, 100]) {
      expect(generateEnglish({ seed: 3, sentences }).split('\n').filter(Boolean).length).toBe(sentences)
    }
    for (const line of text.split('\n').filter(Boolean)) expect(line).toMatch(/^["A-Z][A-Za-z," ]*\.$/)
  })

  it('has a few hundred words, the most frequent tenth making up most of the text', () => {
    const counts = new Map<string, number>()
    const words = text.toLowerCase().match(/[a-z]+/g)!
    for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1)
    expect(counts.size).toBeGreaterThan(300)
    expect(counts.size).toBeLessThan(600)
    const top = [...counts.values()].sort((a, b) => b - a).slice(0, counts.size / 10).reduce((a, b) => a + b)
    expect(top / words.length).toBeGreaterThan(0.5)
  })

  it("agrees with the hero's number and sex through the story", () => {
    const reflexive = { He: 'himself', She: 'herself', They: 'themselves' }
    let checked = 0
    for (const { name, pronoun, lines } of stories(text)) {
      for (const line of lines.slice(1)) {
        const match = /^(.*?) (?:\w+ )*by (himself|herself|themselves)\.$/.exec(line)
        if (!match || !(line.startsWith(`${name} `) || line.startsWith(`${pronoun} `))) continue
        expect(match[2]).toBe(reflexive[pronoun])
        checked++
      }
    }
    expect(checked).toBeGreaterThan(1000)
  })

  it("ends a story with the name, tool and saying that its first sentence fixed", () => {
    let checked = 0
    for (const { name, lines } of stories(text)) {
      const last = lines.at(-1)!
      if (!/^(So |")/.test(last)) continue
      const trade = TRADES.find(({ one, many }) => new RegExp(` (${one}|${many}) from `).test(lines[0]!))!
      expect(last).toContain(name)
      expect(last.toLowerCase()).toContain(trade.ending)
      checked++
    }
    expect(checked).toBeGreaterThan(1000)
  })

  it('hides these from the four words before', () => {
    const lines = text.split('\n').filter(Boolean)
    const ends = lines.filter((line) => line.startsWith('"'))
    expect(fourWordAccuracy(ends, (word) => /^[A-Z]\w+\.$/.test(word))).toBeLessThan(0.15)
    expect(fourWordAccuracy(lines, (word) => /^(himself|herself|themselves)\.$/.test(word))).toBeLessThan(0.6)
  })

  it.each([-1, 0.5, Number.NaN])('rejects %d sentences', (sentences) => {
    expect(() => generateEnglish({ seed: 1, sentences })).toThrow(/sentences must be 0 or more, got/)
  })
})
