import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Random } from '@parlance/corpora'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { HnswIndex } from './hnsw-index.js'
import { NearestWords } from './nearest.js'
import { WordVectors } from './word-vectors.js'

const folder = mkdtempSync(join(tmpdir(), 'parlance-hnsw-'))
const file = join(folder, 'index.usearch')
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** Words in clouds around 40 centres. */
function clouds(seed: number, size: number, width: number): WordVectors {
  const random = new Random(seed)
  const normal = () => random.uniform(-1, 1) + random.uniform(-1, 1)
  const centres = Array.from({ length: 40 }, () => Array.from({ length: width }, normal))
  const values = Float32Array.from({ length: size * width }, (_, i) => centres[Math.floor(i / width) % 40]![i % width]! + 0.5 * normal())
  values.fill(0, 3 * width, 4 * width) // one without a direction
  return new WordVectors(Array.from({ length: size }, (_, i) => `w${i}`), values, width)
}

const vectors = clouds(1, 2000, 24)
let index: HnswIndex
beforeAll(async () => {
  index = await HnswIndex.build(vectors, { threads: 1 })
  index.save(file)
})

describe('an HNSW index', () => {
  it('finds 95% of the ten nearest words that exact search finds, with their cosines', () => {
    const [exact, approximate] = [new NearestWords(vectors), new NearestWords(vectors, index)]
    let found = 0
    for (let i = 0; i < 100; i++) {
      const word = `w${19 * i + 4}`
      const truth = exact.ofWord(word, 10)
      const cosines = new Map(truth.map((neighbour) => [neighbour.word, neighbour.similarity]))
      const near = approximate.ofWord(word, 10)
      expect(near).toHaveLength(10)
      for (const neighbour of near) {
        if (!cosines.has(neighbour.word)) continue
        found++
        expect(neighbour.similarity).toBeCloseTo(cosines.get(neighbour.word)!, 4)
      }
    }
    expect(found / 1000).toBeGreaterThanOrEqual(0.95)
  })

  it('comes back from its file as it was', async () => {
    const loaded = await HnswIndex.load(file, vectors)
    const query = new NearestWords(vectors, loaded).ofWord('w7', 20)
    expect(query).toEqual(new NearestWords(vectors, index).ofWord('w7', 20))
  })

  it('says when it cannot be written', () => {
    expect(() => index.save(join(folder, 'no folder', 'index'))).toThrow('index: cannot be written: ')
  })

  it('is refused when it is damaged or of other vectors', async () => {
    await expect(HnswIndex.load(join(folder, 'none'), vectors)).rejects.toThrow('none.json')
    await expect(HnswIndex.load(file, clouds(2, 2000, 24))).rejects.toThrow('is an index of other vectors than these 2000 of 24')
    await expect(HnswIndex.load(file, clouds(1, 2000, 12))).rejects.toThrow('is an index of other vectors than these 2000 of 12')
    const broken = join(folder, 'broken')
    copyFileSync(`${file}.json`, `${broken}.json`)
    await expect(HnswIndex.load(broken, vectors)).rejects.toThrow('broken: cannot be read: ENOENT')
    writeFileSync(broken, readFileSync(file).subarray(0, 1000))
    await expect(HnswIndex.load(broken, vectors)).rejects.toThrow('broken: is not what was written: it is damaged; remove it and make it anew.')
    writeFileSync(`${broken}.json`, '{}')
    await expect(HnswIndex.load(broken, vectors)).rejects.toThrow('broken.json: does not describe an index of vectors')
  })
})
