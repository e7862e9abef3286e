import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isAtHand, prepare } from '@parlance/corpora'
import { Random } from '@parlance/runtime/session'
import { afterAll, describe, expect, it } from 'vitest'
import { insideOut } from './bucket-order.js'
import { makeChunks, mostChunks } from './chunks.js'
import { edgePieces, EdgeWriter, openEdges } from './edge-files.js'
import { growLargeGraph } from './grow.js'
import { importEdges } from './import-edges.js'
import { LargeGraphModel } from './model.js'
import { entitiesIn, entitiesOf, entityAt, graphShape, placeOf, tablesOf } from './shape.js'
import { compared, operated } from './testing.js'
import { trainLargeGraph } from './train.js'
import { type LargeGraphTraining, largeGraphTrainingSchema } from './training-config.js'

const folder = mkdtempSync(join(tmpdir(), 'parlance-large-graph-'))
const at = (...names: string[]) => join(folder, ...names)
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const settings = (fields: Partial<LargeGraphTraining>) => largeGraphTrainingSchema.parse({ dim: 16, batch: 16, uniform: 16, operator: 'complex-diagonal', deviation: 0.1, learningRate: 0.3, operatorRate: 0.3, ...fields })

/** Entities on a ring and relations that go 1, 2 and 5 places on, in a random order; one of 11 edges is kept for testing. */
function ring(size: number): { train: string; test: string } {
  const lines = [1, 2, 5].flatMap((step) => Array.from({ length: size }, (_, i) => `e${i}\tplus${step}\te${(i + step) % size}`))
  const order = [...new Random(1).permutation(lines.length)]
  const part = (keep: (place: number) => boolean) => `${order.filter((_, place) => keep(place)).map((i) => lines[i]).join('\n')}\n`
  const [train, test] = [at(`ring${size}.tsv`), at(`ring${size}-test.tsv`)]
  writeFileSync(train, part((place) => place % 11 !== 0))
  writeFileSync(test, part((place) => place % 11 === 0))
  return { train, test }
}

describe('insideOut', () => {
  it.each([1, 2, 3, 4, 8])('goes through the buckets of %d partitions, exchanging one at most', (partitions) => {
    const order = insideOut(partitions)
    expect(new Set(order.map(({ left, right }) => `${left} ${right}`)).size).toBe(partitions ** 2)
    const seen = new Set([0])
    for (const [i, { left, right }] of order.entries()) {
      expect(seen.has(left) || seen.has(right)).toBe(true)
      seen.add(left).add(right)
      const held = i === 0 ? new Set([0]) : new Set([order[i - 1]!.left, order[i - 1]!.right])
      expect([...new Set([left, right])].filter((each) => !held.has(each)).length).toBeLessThanOrEqual(1)
    }
  })
})

describe('the shape of a graph', () => {
  it('places every entity in one row', () => {
    const [type] = graphShape({ entities: [{ name: 'a', count: 11, partitions: 4, added: [3, 2] }], relations: [{ name: 'r', left: 0, right: 0 }] }).entities
    const rows = Array.from({ length: tablesOf(type!) }, (_, table) => entitiesIn(type!, table))
    expect(rows).toEqual([3, 3, 3, 2, 3, 2])
    expect(entitiesOf(type!)).toBe(16)
    for (let entity = 0; entity < 16; entity++) {
      const { table, row } = placeOf(type!, entity)
      expect(row).toBeLessThan(rows[table]!)
      expect(entityAt(type!, table, row)).toBe(entity)
    }
  })

  it('refuses what does not go together', () => {
    const relations = [{ name: 'r', left: 0, right: 0 }]
    expect(() => graphShape({ entities: [{ name: 'a', count: 3, partitions: 4 }], relations })).toThrow('The entity type a has 3 entities and cannot have 4 partitions.')
    expect(() => graphShape({ entities: [{ name: 'a', count: 9, partitions: 2, features: 5 }], relations })).toThrow('give it one partition, not 2')
    expect(() => graphShape({ entities: [{ name: 'a', count: 9 }], relations: [{ name: 'r', left: 0, right: 1 }] })).toThrow('The relation r is from entity type 0 to 1, but there are 1')
  })
})

describe('edges on disk', () => {
  it('are divided by partitions, and shuffled into chunks of one relation', () => {
    const shape = graphShape({
      entities: [{ name: 'a', count: 10, partitions: 2 }, { name: 'b', count: 3 }],
      relations: [{ name: 'r', left: 0, right: 0 }, { name: 's', left: 0, right: 1 }],
    })
    const writer = new EdgeWriter(at('edges'), shape)
    const wanted: string[] = []
    for (let i = 0; i < 2000; i++) {
      const [relation, left] = [i % 2, (7 * i) % 10]
      const right = relation === 0 ? (i >> 1) % 10 : i % 3
      writer.add(relation, left, right)
      wanted.push(`${relation} ${left} ${right}`)
    }
    const files = writer.close()
    expect(files.edges).toBe(2000)
    const found: string[] = []
    for (const bucket of files.buckets) {
      for (const piece of edgePieces(bucket, 300)) {
        const count = piece.length / 3
        const into = { edges: new Uint32Array(2 * count), chunks: new Int32Array(3 * mostChunks(count, 2, 16)) }
        const chunks = makeChunks(piece, 2, 16, new Random(1), into)
        for (let chunk = 0; chunk < chunks; chunk++) {
          const [relation, first, size] = into.chunks.subarray(3 * chunk, 3 * chunk + 3) as unknown as [number, number, number]
          expect(size).toBeLessThanOrEqual(16)
          for (let e = first; e < first + size; e++) {
            const right = shape.entities[relation]!
            found.push(`${relation} ${entityAt(shape.entities[0]!, bucket.left, into.edges[2 * e]!)} ${entityAt(right, bucket.right, into.edges[2 * e + 1]!)}`)
          }
        }
      }
    }
    expect(found.toSorted()).toEqual(wanted.toSorted())
    expect(found).not.toEqual(wanted)
    truncateSync(files.buckets[0]!.path, 12)
    expect(() => openEdges(at('edges'))).toThrow(/bucket-0-0\.bin: should have \d+ bytes, has 12: write the edges again/)
  })
})

describe('trainLargeGraph', () => {
  it('learns to go round a ring, whole and in partitions, and goes on where it was stopped', async () => {
    const { train, test } = ring(60)
    const figures: number[] = []
    for (const partitions of [1, 3]) {
      const edges = await importEdges([train], { folder: at(`ring-edges-${partitions}`), partitions })
      const model = at(`ring-${partitions}`)
      const epochs = await trainLargeGraph({ edges, folder: model, training: settings({ epochs: 40 }), threads: 1 })
      expect(epochs).toHaveLength(40)
      expect(epochs.at(-1)!.edges).toBe(edges.edges)
      const opened = LargeGraphModel.open(model)
      const [known, asked] = [await opened.readEdges(train), await opened.readEdges(test)]
      const { mrr } = await opened.evaluate(known, [known, asked])
      figures.push(mrr)
      // By chance 0.08.
      expect(mrr).toBeGreaterThan(0.85)
      // A run that was stopped halfway is the same.
      const halves = at(`halves-${partitions}`)
      await trainLargeGraph({ edges, folder: halves, training: settings({ epochs: 4 }), threads: 1 })
      await trainLargeGraph({ edges, folder: halves, training: settings({ epochs: 9 }), threads: 1, resume: true })
      const whole = at(`whole-${partitions}`)
      await trainLargeGraph({ edges, folder: whole, training: settings({ epochs: 9 }), threads: 1 })
      const vectors = async (of: string) => (await LargeGraphModel.open(of).vectors()).values
      expect(await vectors(halves)).toEqual(await vectors(whole))
    }
    expect(Math.abs(figures[0]! - figures[1]!)).toBeLessThan(0.1)
  }, 60_000)

  it('ranks as sorting all entities does, filtered and raw, over partitions', async () => {
    const { train } = ring(20)
    const edges = await importEdges([train], { folder: at('rank-edges'), partitions: 3 })
    await trainLargeGraph({ edges, folder: at('rank'), training: settings({ epochs: 3, comparator: 'l2', operator: 'translation' }), threads: 1 })
    const model = LargeGraphModel.open(at('rank'))
    const known = await model.readEdges(train)
    const vectors = await model.vectors()
    const { operators, size } = await model.operators()
    const score = (relation: number, left: number, right: number) =>
      compared(model.training, [...vectors.row(left)], operated(model.training, operators.subarray(relation * size), [...vectors.row(right)]))
    const isKnown = (relation: number, left: number, right: number) => known.relations.some((each, i) => each === relation && known.left[i] === left && known.right[i] === right)
    for (const filter of [[], [known]]) {
      const { heads, tails } = await model.rank(known, filter)
      for (let i = 0; i < known.relations.length; i++) {
        const [relation, left, right] = [known.relations[i]!, known.left[i]!, known.right[i]!]
        const better = (of: (entity: number) => [number, number]) => {
          const others = Array.from({ length: 20 }, (_, entity) => of(entity)).filter(([l, r]) => (l !== left || r !== right) && !(filter.length > 0 && isKnown(relation, l, r)))
          return others.filter(([l, r]) => score(relation, l, r) > score(relation, left, right)).length
        }
        expect([heads.ranks[i], tails.ranks[i]]).toEqual([better((l) => [l, right]) + 1, better((r) => [left, r]) + 1])
      }
    }
  })

  it('learns types with features, and places an entity by its features', async () => {
    // Users of two tastes like pages about two things; pages are known by their words.
    const edges = Array.from({ length: 400 }, (_, i) => `u${i % 20}\tlikes\tp${2 * ((7 * i) % 11) + (i % 2)}`)
    const words = Array.from({ length: 22 }, (_, i) => `p${i}\t${i % 2 === 0 ? 'ball goal' : 'stove salt'} w${i}`)
    writeFileSync(at('likes.tsv'), `${edges.join('\n')}\n`)
    writeFileSync(at('words.tsv'), `${words.join('\n')}\n`)
    const types = { entities: { user: { partitions: 2 }, page: { features: at('words.tsv') } }, relations: { likes: ['user', 'page'] as const } }
    const files = await importEdges([at('likes.tsv')], { folder: at('likes'), types })
    await trainLargeGraph({ edges: files, folder: at('likes-model'), training: settings({ epochs: 30, operator: 'identity' }), threads: 1 })
    const model = LargeGraphModel.open(at('likes-model'))
    const users = await model.vectors('user')
    const dot = (a: Float32Array, b: Float32Array) => a.reduce((sum, v, i) => sum + v * b[i]!, 0)
    const [sport, food] = [model.vectorOfFeatures(['goal', 'ball', 'unheard'], 'page')!, model.vectorOfFeatures(['salt', 'stove'], 'page')!]
    for (let u = 0; u < 20; u++) {
      const user = users.vector(`u${u}`)!
      expect(dot(user, sport) > dot(user, food)).toBe(u % 2 === 0)
    }
    expect(model.vectorOfFeatures(['unheard'], 'page')).toBeUndefined()
    writeFileSync(at('words.tsv'), `${words.slice(1).join('\n')}\n`)
    await expect(importEdges([at('likes.tsv')], { folder: at('likes'), types })).rejects.toThrow('says no features of the entity "p0": each needs one at least')
    await expect(growLargeGraph({ model, files: [at('new-page.tsv')], folder: at('x') })).rejects.toThrow('there is no such file')
  })
})

describe('growLargeGraph', () => {
  it('learns new entities, and leaves all others as they were', async () => {
    const { train } = ring(60)
    const edges = await importEdges([train], { folder: at('grow-edges'), partitions: 2 })
    await trainLargeGraph({ edges, folder: at('before'), training: settings({ epochs: 40 }), threads: 1 })
    const model = LargeGraphModel.open(at('before'))
    // Two new entities stand where e10 and e33 do.
    const lines = [['new10', 10], ['new33', 33]].flatMap(([name, place]) =>
      [1, 2, 5].flatMap((step) => [`${name}\tplus${step}\te${((place as number) + step) % 60}`, `e${((place as number) - step + 60) % 60}\tplus${step}\t${name}`]),
    )
    writeFileSync(at('new.tsv'), `${lines.join('\n')}\ne1\tplus1\te2\n`)
    const { added } = await growLargeGraph({ model, files: [at('new.tsv')], folder: at('after'), epochs: 30, threads: 1 })
    expect(added).toBe(2)
    const grown = LargeGraphModel.open(at('after'))
    const [old, all] = [await model.vectors(), await grown.vectors()]
    expect(all.words.slice(0, 60)).toEqual(old.words)
    expect(all.values.subarray(0, old.values.length)).toEqual(old.values)
    const asked = await grown.readEdges(at('new.tsv'))
    const filter = [asked, await grown.readEdges(train)]
    expect((await grown.evaluate(asked, filter)).mrr).toBeGreaterThan(0.7)
    await expect(growLargeGraph({ model, files: [train], folder: at('none') })).rejects.toThrow('the model knows all entities already')
    writeFileSync(at('odd.tsv'), 'new\tplus7\te1\n')
    await expect(growLargeGraph({ model, files: [at('odd.tsv')], folder: at('none') })).rejects.toThrow('odd.tsv, line 1: the model does not know the relation "plus7"')
  }, 60_000)
})

describe.skipIf(!isAtHand('kg-small'))('UMLS (the corpus kg-small is not at hand)', () => {
  it('is learnt in partitions as well as whole', async () => {
    const files = await prepare('kg-small')
    const [train, valid] = [files['umls-train.txt']!, files['umls-valid.txt']!]
    const figures: number[] = []
    for (const partitions of [1, 3]) {
      const edges = await importEdges([train], { folder: at(`umls-edges-${partitions}`), partitions })
      await trainLargeGraph({ edges, folder: at(`umls-${partitions}`), training: settings({ dim: 32, epochs: 15, batch: 32, uniform: 32 }), threads: 1 })
      const model = LargeGraphModel.open(at(`umls-${partitions}`))
      const [known, asked] = [await model.readEdges(train), await model.readEdges(valid, { unknown: 'skip' })]
      figures.push((await model.evaluate(asked, [known, asked])).mrr)
    }
    // By chance 0.04.
    expect(figures[0]).toBeGreaterThan(0.45)
    expect(Math.abs(figures[0]! - figures[1]!)).toBeLessThan(0.06)
  })
})

describe('a training that cannot go on', () => {
  it('is told of: a loss that is no number, and tables of another width', async () => {
    const { train } = ring(20)
    const edges = await importEdges([train], { folder: at('odd-edges'), partitions: 2 })
    const diverging = trainLargeGraph({ edges, folder: at('odd'), training: settings({ epochs: 9, learningRate: 1e38, loss: 'logistic' }), threads: 1 })
    await expect(diverging).rejects.toThrow(/^The training diverged: the mean loss of epoch \d is .*; take a learning rate below 1e\+38\.$/)
    await trainLargeGraph({ edges, folder: at('narrow'), training: settings({ dim: 8, epochs: 1 }), threads: 1 })
    const wider = trainLargeGraph({ edges, folder: at('narrow'), training: settings({ dim: 16, epochs: 2 }), threads: 1, resume: true })
    await expect(wider).rejects.toThrow(/operators\.safetensors: should hold 48 numbers \(F32\) as operators, has F32 of shape 3 × 8/)
  })

  it('stops when it is told to, and leaves what was learnt', async () => {
    const { train } = ring(20)
    const edges = await importEdges([train], { folder: at('stop-edges') })
    const abort = new AbortController()
    const epochs = await trainLargeGraph({
      edges, folder: at('stop'), training: settings({ epochs: 1000 }), threads: 1, signal: abort.signal,
      onEpoch: ({ epoch }) => void (epoch === 2 && abort.abort()),
    })
    expect(epochs).toHaveLength(2)
    expect((await LargeGraphModel.open(at('stop')).vectors()).size).toBe(20)
    expect(await trainLargeGraph({ edges, folder: at('stop'), training: settings({ epochs: 3 }), threads: 1, resume: true })).toMatchObject([{ epoch: 3 }])
  })
})
