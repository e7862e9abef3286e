import { loadKernel } from '../kernels/load-kernel.js'
import { SharedArena } from '../memory/shared-arena.js'
import type { Bucket } from './bucket-order.js'
import { type GraphKernel, instantiate, type KernelTable, putSettings, setTable, takeTables } from './kernel.js'
import { type Bags, type Operators, readBags, readOperators, writeOperators } from './model-folder.js'
import { entitiesIn, type GraphShape, tablesOf } from './shape.js'
import { ResidentTables } from './tables.js'
import { COMPARATORS, type LargeGraphTraining, LOSSES, OPERATORS, operatorSize } from './training-config.js'

export interface GraphMemoryOptions {
  readonly folder: string
  readonly shape: GraphShape
  readonly training: LargeGraphTraining
  /** Tables that stay as they are, and with them all operators; default none. */
  readonly frozen?: (type: number, table: number) => boolean
}

/** An entity of a type's own features, in the shared memory. */
interface PlacedBags extends Bags {
  readonly offsetsAddress: number
  readonly featuresAddress: number
}

const NO_TABLE: KernelTable = { vectors: 0, state: 0, count: 0, frozen: 1, bagOffsets: 0, bags: 0 }

/** A graph's model in shared memory, as much of it at a time as two partitions, and a kernel that computes with it. */
export class GraphMemory {
  readonly settings: number
  readonly kernel: GraphKernel
  readonly scratchBytes: number
  readonly bags: readonly (PlacedBags | undefined)[]
  private readonly tables: ResidentTables
  /** By type: where the means of features are. */
  private readonly means = new Map<number, number>()
  readonly parameters: Operators
  private readonly sides: { readonly left: number; readonly right: number }

  private constructor(
    readonly module: WebAssembly.Module,
    readonly arena: SharedArena,
    private readonly options: GraphMemoryOptions,
  ) {
    const { folder, shape, training, frozen } = options
    const { dim, seed } = training
    const size = operatorSize(training)
    const types = shape.entities.length
    const [operators, operatorState] = [arena.take(4 * size * shape.relations.length), arena.take(4 * size * shape.relations.length)]
    this.parameters = {
      operators: arena.float32(operators, size * shape.relations.length),
      adagrad: arena.float32(operatorState, size * shape.relations.length),
    }
    readOperators(folder, training, this.parameters)
    this.sides = { left: takeTables(arena, types), right: takeTables(arena, types) }
    this.settings = putSettings(arena, {
      learningRate: training.learningRate,
      operatorRate: training.operatorRate,
      margin: training.margin,
      dimensions: dim,
      operator: OPERATORS.indexOf(training.operator),
      comparator: COMPARATORS.indexOf(training.comparator),
      loss: LOSSES.indexOf(training.loss),
      chunkEdges: training.batch,
      uniform: training.uniform,
      operatorsFrozen: frozen ? 1 : 0,
      leftTables: this.sides.left,
      rightTables: this.sides.right,
      relations: arena.put(Int32Array.from(shape.relations.flatMap(({ left, right }) => [left, right]))),
      operators,
      operatorState,
      operatorBytes: 4 * size,
      edges: 0,
      chunks: 0,
      chunkCount: 0,
      next: arena.take(8),
    })
    this.bags = shape.entities.map((type) => {
      if (type.features === 0) return undefined
      const bags = readBags(folder, type)
      return { ...bags, offsetsAddress: arena.put(bags.offsets), featuresAddress: arena.put(bags.features) }
    })
    this.kernel = instantiate(module, arena.memory)
    this.scratchBytes = this.kernel.scratchBytes(this.settings)
    const scratch = arena.take(this.scratchBytes)
    this.kernel.start(this.settings, scratch, 0n)
    this.tables = new ResidentTables(arena, {
      folder,
      shape,
      dim,
      initialize: (type, table, address, count) => {
        this.kernel.start(this.settings, scratch, (BigInt(seed) << 32n) + (BigInt(type) << 24n) + BigInt(table))
        // Uniform numbers of this deviation.
        this.kernel.randomize(address, count, Math.sqrt(3) * training.deviation)
      },
    })
  }

  static async open(options: GraphMemoryOptions): Promise<GraphMemory> {
    return new GraphMemory(await loadKernel('graph'), new SharedArena(), options)
  }

  /** Brings the tables of a bucket into memory and tells the kernel where they are. */
  takeBucket({ left, right }: Bucket): void {
    const { shape, frozen } = this.options
    for (const [type, entityType] of shape.entities.entries()) {
      const isLeft = left < tablesOf(entityType) && shape.relations.some((relation) => relation.left === type)
      const isRight = right < tablesOf(entityType) && shape.relations.some((relation) => relation.right === type)
      const wanted = [...new Set([...(isLeft ? [left] : []), ...(isRight ? [right] : [])])]
      const taken = this.tables.take(type, wanted, (table) => !frozen?.(type, table))
      for (const [i, table] of wanted.entries()) {
        const { vectors, state } = taken[i]!
        const bags = this.bags[type]
        const settings: KernelTable = {
          vectors,
          state,
          count: entitiesIn(entityType, table),
          frozen: frozen?.(type, table) ? 1 : 0,
          bagOffsets: bags?.offsetsAddress ?? 0,
          bags: bags?.featuresAddress ?? 0,
        }
        if (isLeft && table === left) setTable(this.arena, this.sides.left, type, settings)
        if (isRight && table === right) setTable(this.arena, this.sides.right, type, settings)
      }
      if (!isLeft) setTable(this.arena, this.sides.left, type, NO_TABLE)
      if (!isRight) setTable(this.arena, this.sides.right, type, NO_TABLE)
    }
  }

  /** Brings a table into memory; gives the address of its entities' vectors (entities, dim), of features their means. */
  entityVectors(type: number, table: number): number {
    const { shape, training: { dim } } = this.options
    const { vectors } = this.tables.take(type, [table], () => false)[0]!
    const bags = this.bags[type]
    if (!bags) return vectors
    const known = this.means.get(type)
    if (known !== undefined) return known
    const entities = entitiesIn(shape.entities[type]!, table)
    const to = this.arena.take(4 * entities * dim)
    for (let e = 0; e < entities; e++) {
      const mean = this.arena.float32(to + 4 * e * dim, dim)
      const [begin, end] = [bags.offsets[e]!, bags.offsets[e + 1]!]
      for (let f = begin; f < end; f++) {
        const row = this.arena.float32(vectors + 4 * bags.features[f]! * dim, dim)
        for (let n = 0; n < dim; n++) mean[n]! += row[n]! / (end - begin)
      }
    }
    this.means.set(type, to)
    return to
  }

  /** Writes what was changed. */
  save(): void {
    this.tables.flush()
    if (!this.options.frozen) writeOperators(this.options.folder, this.options.training, this.parameters)
  }
}
