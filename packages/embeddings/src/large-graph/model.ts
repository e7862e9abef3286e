import { join } from 'node:path'
import { type LinkPrediction, linkPrediction, type LinkRanks } from '@parlance/metrics'
import { EmbeddingError } from '../errors.js'
import { Dictionary } from '../graph/triples.js'
import { WordVectors } from '../vectors/word-vectors.js'
import { GraphMemory } from './graph-memory.js'
import { addLines, type Unknown } from './import-edges.js'
import { type LargeGraphFolder, readFolder } from './model-folder.js'
import { type NameKind, readNames } from './names.js'
import { type GraphEdges, rankEdges } from './ranking.js'
import { entitiesIn, entitiesOf, entityAt, type EntityType, type GraphShape, tablesOf } from './shape.js'
import { readTable, rowsIn, tablePath } from './tables.js'
import type { LargeGraphTraining } from './training-config.js'

/** A trained model of a large graph, in a folder; tables are read when they are asked for. */
export class LargeGraphModel {
  private readonly named = new Map<string, Dictionary>()

  private constructor(
    readonly folder: string,
    private readonly config: LargeGraphFolder,
  ) {}

  /** Opens a folder that `trainLargeGraph` wrote. @throws for a folder that is no such model */
  static open(folder: string): LargeGraphModel {
    return new LargeGraphModel(folder, readFolder(folder))
  }

  get shape(): GraphShape {
    return this.config.shape
  }

  get training(): LargeGraphTraining {
    return this.config.training
  }

  /** Names of a type's entities or features by id. @throws EmbeddingError for a graph without names */
  names(kind: NameKind, type?: string): Dictionary {
    const entityType = this.typeNamed(type)
    const key = `${kind} ${entityType.name}`
    const known = this.named.get(key)
    if (known) return known
    const names = readNames(this.folder, entityType, kind)
    if (!names) throw new EmbeddingError(`${this.folder}: holds no names of the ${kind} of type ${entityType.name}.`)
    const dictionary = Dictionary.of(names)
    this.named.set(key, dictionary)
    return dictionary
  }

  /** The vectors of a type's entities, in the order of their ids; by name, or by id where the graph has no names. */
  async vectors(type?: string): Promise<WordVectors> {
    const entityType = this.typeNamed(type)
    const { dim } = this.training
    const memory = await this.memory()
    const values = new Float32Array(entitiesOf(entityType) * dim)
    const position = this.shape.entities.indexOf(entityType)
    for (let table = 0; table < tablesOf(entityType); table++) {
      const rows = memory.arena.float32(memory.entityVectors(position, table), entitiesIn(entityType, table) * dim)
      for (let row = 0; row * dim < rows.length; row++) values.set(rows.subarray(row * dim, (row + 1) * dim), entityAt(entityType, table, row) * dim)
    }
    const names = readNames(this.folder, entityType, 'entities') ?? Array.from({ length: entitiesOf(entityType) }, (_, id) => String(id))
    return new WordVectors(names, values, dim)
  }

  /**
   * The vector of an entity that need not have been there in training, (dim): the mean of those of its features.
   *
   * @returns undefined where none of the features is known
   */
  vectorOfFeatures(features: readonly string[], type?: string): Float32Array | undefined {
    const entityType = this.typeNamed(type)
    if (entityType.features === 0) throw new EmbeddingError(`The entity type ${entityType.name} has no features.`)
    const names = this.names('features', type)
    const known = [...new Set(features)].map((feature) => names.id(feature)).filter((id) => id !== undefined)
    if (known.length === 0) return undefined
    const { dim } = this.training
    const table = new Float32Array(rowsIn(entityType, 0) * dim)
    readTable(tablePath(this.folder, entityType, 0), { vectors: table })
    const mean = new Float32Array(dim)
    for (const id of known) for (let d = 0; d < dim; d++) mean[d]! += table[id * dim + d]! / known.length
    return mean
  }

  /**
   * Ranks both entities of edges among all of their types, ties in the middle.
   *
   * @param known edges that make ranks filtered ones; none: raw ranks
   */
  async rank(edges: GraphEdges, known: readonly GraphEdges[] = []): Promise<LinkRanks> {
    return rankEdges(await this.memory(), this.shape, this.training.dim, edges, known)
  }

  /** Figures of such ranks. */
  async evaluate(edges: GraphEdges, known: readonly GraphEdges[] = []): Promise<LinkPrediction> {
    return linkPrediction(await this.rank(edges, known))
  }

  /**
   * Edges of a file as ids.
   *
   * @param options.unknown what becomes of edges with a name that the model does not know; default an error
   * @throws EmbeddingError that names file and line
   */
  async readEdges(file: string, { unknown = 'error' }: { unknown?: Unknown } = {}): Promise<GraphEdges> {
    const [relations, left, right]: [number[], number[], number[]] = [[], [], []]
    const add = (relation: number, from: number, to: number) => {
      relations.push(relation)
      left.push(from)
      right.push(to)
    }
    await addLines({ add }, file, this.shape, {
      relations: Dictionary.of(this.shape.relations.map(({ name }) => name)),
      dictionaries: this.shape.entities.map(({ name }) => this.names('entities', name)),
    }, unknown)
    if (left.length === 0) throw new EmbeddingError(`${file}: holds no edges.`)
    return { relations: Int32Array.from(relations), left: Int32Array.from(left), right: Int32Array.from(right) }
  }

  /** Parameters of the relations' operators: (relations, size). */
  async operators(): Promise<{ operators: Float32Array; size: number }> {
    const { operators } = (await this.memory()).parameters
    return { operators, size: operators.length / this.shape.relations.length }
  }

  private memory(): Promise<GraphMemory> {
    return GraphMemory.open({ folder: this.folder, shape: this.shape, training: this.training, frozen: () => true })
  }

  private typeNamed(name?: string): EntityType {
    const { entities } = this.shape
    const found = name === undefined && entities.length === 1 ? entities[0] : entities.find((type) => type.name === name)
    if (found) return found
    throw new EmbeddingError(`${join(this.folder, 'config.json')}: entity types are ${entities.map((type) => type.name).join(', ')}; got ${name ?? 'none'}.`)
  }
}
