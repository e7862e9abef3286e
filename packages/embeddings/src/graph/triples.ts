import { EmbeddingError } from '../errors.js'
import { linesOf, readTexts } from '../text/read-texts.js'

/** Facts (head, relation, tail) as ids; the arrays are of one length. */
export interface Triples {
  readonly heads: Int32Array
  readonly relations: Int32Array
  readonly tails: Int32Array
}

/** Names with ids from 0, in the order in which they were first seen. */
export class Dictionary {
  readonly names: string[] = []
  private readonly ids = new Map<string, number>()

  /** @throws EmbeddingError for a name that is there twice. */
  static of(names: readonly string[]): Dictionary {
    const dictionary = new Dictionary()
    for (const name of names) {
      if (dictionary.id(name) !== undefined) throw new EmbeddingError(`The name ${JSON.stringify(name)} is there twice.`)
      dictionary.add(name)
    }
    return dictionary
  }

  get size(): number {
    return this.names.length
  }

  /** The id of a name, a new one if it is new. */
  add(name: string): number {
    const known = this.ids.get(name)
    if (known !== undefined) return known
    this.ids.set(name, this.names.length)
    return this.names.push(name) - 1
  }

  id(name: string): number | undefined {
    return this.ids.get(name)
  }
}

/** A graph's vocabulary. */
export interface GraphNames {
  readonly entities: Dictionary
  readonly relations: Dictionary
}

const SPLITS = ['train', 'valid', 'test'] as const

export type Split = (typeof SPLITS)[number]

export interface KnowledgeGraph extends GraphNames {
  /** A split whose file was not given has no triples. */
  readonly splits: Readonly<Record<Split, Triples>>
}

/**
 * Reads triples: lines of head, relation and tail, separated by tabs; of gzip too. Empty lines are left out.
 *
 * @param names names that are new get ids, or are an error if `fixed`
 * @throws EmbeddingError that names file and line
 */
export async function readTriples(file: string, { entities, relations }: GraphNames, { fixed = false } = {}): Promise<Triples> {
  const columns: [number[], number[], number[]] = [[], [], []]
  const idOf = (dictionary: Dictionary, kind: string, name: string, at: number): number => {
    if (!fixed) return dictionary.add(name)
    const id = dictionary.id(name)
    if (id === undefined) throw new EmbeddingError(`${file}, line ${at}: the model does not know the ${kind} ${JSON.stringify(name)}.`)
    return id
  }
  let at = 0
  for await (const { line } of linesOf(readTexts([file])())) {
    at++
    const text = line.endsWith('\r') ? line.slice(0, -1) : line
    if (text === '') continue
    const [head, relation, tail, ...rest] = text.split('\t')
    if (!head || !relation || !tail || rest.length > 0) {
      throw new EmbeddingError(`${file}, line ${at}: expected head, relation and tail with a tab between each, got ${shown(text)}.`)
    }
    columns[0].push(idOf(entities, 'entity', head, at))
    columns[1].push(idOf(relations, 'relation', relation, at))
    columns[2].push(idOf(entities, 'entity', tail, at))
  }
  const [heads, relationIds, tails] = columns.map((column) => Int32Array.from(column)) as [Int32Array, Int32Array, Int32Array]
  if (heads.length === 0) throw new EmbeddingError(`${file}: holds no triples.`)
  return { heads, relations: relationIds, tails }
}

function shown(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text)
}

/**
 * Reads the files of a graph. Its entities are those of all splits: what is only in the others is a candidate all the
 * same, as is usual for these benchmarks.
 *
 * @throws EmbeddingError that names file and line; for a relation that training does not have
 */
export async function readGraph(files: Readonly<Partial<Record<Split, string>> & { train: string }>): Promise<KnowledgeGraph> {
  const names = { entities: new Dictionary(), relations: new Dictionary() }
  const none: Triples = { heads: new Int32Array(), relations: new Int32Array(), tails: new Int32Array() }
  const splits: Record<Split, Triples> = { train: none, valid: none, test: none }
  for (const split of SPLITS) {
    const known = names.relations.size
    const file = files[split]
    if (file !== undefined) splits[split] = await readTriples(file, names)
    if (split !== 'train' && names.relations.size > known) {
      const name = JSON.stringify(names.relations.names[known])
      throw new EmbeddingError(`${file}: the relation ${name} is not in the training triples, so nothing can be learnt of it.`)
    }
  }
  return { ...names, splits }
}
