import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, describe, expect, it } from 'vitest'
import { KnownAnswers, queriesOf } from './queries.js'
import { Dictionary, readGraph, readTriples } from './triples.js'

const folder = mkdtempSync(join(tmpdir(), 'parlance-graph-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function file(name: string, text: string | Uint8Array): string {
  writeFileSync(join(folder, name), text)
  return join(folder, name)
}

describe('readGraph', () => {
  it('reads plain and gzipped triples into ids of one vocabulary', async () => {
    const train = file('train.txt.gz', gzipSync('ann\tknows\tbob\r\nbob\tlikes\tcats and dogs\n\nann\tlikes\tann\n'))
    const graph = await readGraph({ train, test: file('test.txt', 'cara\tknows\tann') })
    expect(graph.entities.names).toEqual(['ann', 'bob', 'cats and dogs', 'cara'])
    expect(graph.relations.names).toEqual(['knows', 'likes'])
    expect([...graph.splits.train.heads]).toEqual([0, 1, 0])
    expect([...graph.splits.train.relations]).toEqual([0, 1, 1])
    expect([...graph.splits.train.tails]).toEqual([1, 2, 0])
    expect([...graph.splits.test.heads]).toEqual([3])
    expect(graph.splits.valid.heads).toHaveLength(0)
  })

  it('names file and line of what is no triple', async () => {
    const names = { entities: new Dictionary(), relations: new Dictionary() }
    await expect(readTriples(file('two.txt', 'a\tr\tb\na\tr\n'), names)).rejects.toThrow(/two\.txt, line 2: expected head, relation and tail with a tab between each, got "a\\tr"/)
    await expect(readTriples(file('four.txt', 'a\tr\tb\tc\n'), names)).rejects.toThrow(/four\.txt, line 1: expected head, relation and tail/)
    await expect(readTriples(file('blank.txt', 'a\t\tb\n'), names)).rejects.toThrow(/blank\.txt, line 1: expected/)
    await expect(readTriples(file('none.txt', '\n'), names)).rejects.toThrow(/none\.txt: holds no triples/)
    await expect(readTriples(file('new.txt', 'a\tr\tb\na\tr\tz\n'), { entities: Dictionary.of(['a', 'b']), relations: Dictionary.of(['r']) }, { fixed: true })).rejects.toThrow(
      /new\.txt, line 2: the model does not know the entity "z"/,
    )
    expect(() => Dictionary.of(['a', 'a'])).toThrow('The name "a" is there twice.')
  })

  it('refuses a relation that is only in the test triples', async () => {
    const [train, test] = [file('known.txt', 'a\tr\tb\n'), file('unknown.txt', 'a\tr\tb\na\ts\tb\n')]
    await expect(readGraph({ train, test })).rejects.toThrow(/unknown\.txt: the relation "s" is not in the training triples/)
  })
})

describe('queriesOf', () => {
  const triples = { heads: Int32Array.of(0, 0, 2, 0), relations: Int32Array.of(1, 1, 0, 1), tails: Int32Array.of(1, 2, 2, 1) }

  it('groups the answers of both directions, each once', () => {
    const { entities, relations, offsets, answers } = queriesOf([triples], 2)
    const found = [...entities].map((entity, q) => [entity, relations[q], [...answers.subarray(offsets[q], offsets[q + 1])]])
    expect(found).toEqual([
      [0, 1, [1, 2]],
      [1, 3, [0]],
      [2, 3, [0]],
      [2, 0, [2]],
      [2, 2, [2]],
    ])
  })

  it('finds what is known of a query, over several parts', () => {
    const known = new KnownAnswers([triples, { heads: Int32Array.of(0), relations: Int32Array.of(1), tails: Int32Array.of(5) }], 2)
    expect([...known.of(0, 1)]).toEqual([1, 2, 5])
    expect([...known.of(5, 3)]).toEqual([0])
    expect([...known.of(5, 1)]).toEqual([])
  })
})
