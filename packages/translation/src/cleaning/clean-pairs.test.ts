import { generateParallel } from '@parlance/corpora'
import { describe, expect, it } from 'vitest'
import { cleanPairs } from './clean-pairs.js'
import { cleaningTable } from './cleaning-table.js'

const pairsOf = (pairs: string[][]) => pairs.map(([source, target]) => ({ source: source!, target: target! }))

describe('cleanPairs', () => {
  it('leaves out empty sides, extreme ratios, copies, duplicates and what cannot be printed, and says which', () => {
    const { pairs, report } = cleanPairs(
      pairsOf([
        [' a ', 'b'], ['', 'b'], ['a', ' '], ['a', 'b b b b b b'], ['a', 'b b b b b b b'], ['a b c', 'x'], ['a', 'b'],
        ['Tom.', 'tom.'], ['a\u0007c', 'b'], ['a', 'b\uFFFD'], ['👩‍🚒\u00a0!', 'b'],
      ]),
      { maxRatio: 3 },
    )
    expect(pairs.map(({ source, target }) => [source, target])).toEqual([['a', 'b'], ['a', 'b b b b b b'], ['a b c', 'x'], ['👩‍🚒\u00a0!', 'b']])
    const counts = Object.fromEntries(Object.entries(report.leftOut).map(([reason, { count }]) => [reason, count]))
    expect([report.read, report.kept, counts]).toEqual([11, 4, { empty: 2, ratio: 1, copy: 1, duplicate: 1, unprintable: 2 }])
    expect(report.leftOut.copy?.examples).toEqual([{ source: 'Tom.', target: 'tom.' }])
  })

  it('does only the basics when told to', () => {
    const { pairs } = cleanPairs(pairsOf([['a', 'a'], ['a', 'a'], ['', 'a'], ['\u0007a', 'b']]), { maxRatio: 3, cleaning: 'basic' })
    expect(pairs.length).toBe(3)
  })

  it('finds sentences in the wrong language, swapped, copied and foreign, by the corpus alone', () => {
    const clean = generateParallel({ seed: 1, pairs: 3000 })
    const foreign = 'Он никогда не видел таких красивых больших домов .'
    const dirty = clean.map(({ source, target }, i) => {
      if (i % 50 === 7) return { source: target, target: source }
      if (i % 50 === 8) return { source, target: `${source} !` }
      if (i === 99) return { source, target: foreign }
      return { source, target }
    })
    const { pairs, report } = cleanPairs(dirty, { maxRatio: 3 })
    const kept = new Set(pairs.map(({ source, target }) => `${source}\t${target}`))
    const missed = dirty.filter((pair, i) => pair.target.length > 15 && (i % 50 === 7 || i % 50 === 8 || i === 99) && kept.has(`${pair.source}\t${pair.target}`))
    const wrongly = clean.filter((pair, i) => dirty[i]!.source === pair.source && dirty[i]!.target === pair.target && !kept.has(`${pair.source}\t${pair.target}`))
    expect({ missed, wrongly }).toEqual({ missed: [], wrongly: [] })
    expect(report.leftOut.language?.count).toBeGreaterThan(110) // of 121; a few are too short to tell
  })

  it('judges no language by a handful of pairs', () => {
    const few = pairsOf([...Array.from({ length: 99 }, (_, i) => [`this is the sentence number ${i}`, `das ist der Satz Nummer ${i}`]), ['das ist der Satz davor', 'this is the sentence before']])
    expect(cleanPairs(few, { maxRatio: 3 }).report.leftOut).toEqual({})
  })
})

describe('cleaningTable', () => {
  it('shows counts and examples in lines', () => {
    const { report } = cleanPairs(pairsOf([['a', 'b'], ['one\u0007', 'eins'], ['x', 'X']]), { maxRatio: 3 })
    expect(cleaningTable('train.tsv', report)).toBe(
      [
        'train.tsv:',
        'pairs read                                 3',
        'control or undecodable characters         -1',
        '    one\\u0007 ||| eins',
        'both sides are the same                   -1',
        '    x ||| X',
        'trained on                                 1',
      ].join('\n'),
    )
  })
})
