import { describe, expect, it } from 'vitest'
import { atSpeed, timedLabels, untimed } from './emission.js'
import { makeTokenizer } from '../tokens/units.js'

const words = [{ word: 'ab', start: 0.1, end: 0.5 }, { word: 'c', start: 0.5, end: 0.9 }]
const timing = { delay: 0.2, secondsPerFrame: 0.04 }
const list = ({ labels, earliest, latest }: ReturnType<typeof untimed>) => [...labels].map((label, i) => [label, earliest[i], latest[i]])

describe('timedLabels', () => {
  it('lets a space mark where a word begins, its last character where it ends, the others come between', () => {
    const tokenizer = makeTokenizer(['ab c'], 'characters')
    const [space, a, b, c] = [' ', 'a', 'b', 'c'].map((token) => tokenizer.tokenToId(token))
    expect(list(timedLabels(tokenizer, words, timing))).toEqual([
      [space, 2, 7], // 0.1 to 0.3 s
      [a, 2, 17], // 0.1 to 0.7 s
      [b, 11, 17], // a frame before 0.5 to 0.7 s
      [space, 12, 17],
      [c, 21, 27],
    ])
  })

  it('lets a word that is a token come any time from its beginning on', () => {
    const tokenizer = makeTokenizer(['ab c'], 'words')
    expect(list(timedLabels(tokenizer, words, timing))).toEqual([[tokenizer.tokenToId('ab'), 2, 17], [tokenizer.tokenToId('c'), 12, 27]])
  })
})

describe('atSpeed', () => {
  it('moves windows with the speed, and into the last frame what the recording is too short for', () => {
    const timed = { labels: Int32Array.of(1, 2), earliest: Int32Array.of(10, 21), latest: Int32Array.of(15, 27) }
    expect(list(atSpeed(timed, 2, 100, 4))).toEqual([[1, 5, 7], [2, 10, 13]])
    expect(list(atSpeed(timed, 1, 81, 4))).toEqual([[1, 10, 15], [2, 20, 27]])
  })

  it('leaves what may come at any time free', () => {
    const free = untimed(Int32Array.of(3))
    expect(list(atSpeed(free, 1.1, 8, 4))).toEqual([[3, 0, free.latest[0]]])
    expect(free.latest[0]).toBeGreaterThan(1e6)
  })
})
