// What the kernel of large graphs is told, by addresses in the shared memory. `src/large-graph/settings.ts` writes it: same
// order.

@unmanaged
export class GraphSettings {
  learningRate: f32 = 0
  /** Of operators. */
  operatorRate: f32 = 0
  /** Of the loss `margin`. */
  margin: f32 = 0
  /** Numbers of a vector, a multiple of eight. */
  dimensions: i32 = 0
  /** 0 identity, 1 translation, 2 diagonal, 3 complex diagonal, 4 linear, 5 affine */
  operator: i32 = 0
  /** 0 dot product, 1 cosine, 2 Euclidean distance, 3 its square; distances are negative. */
  comparator: i32 = 0
  /** 0 softmax, 1 logistic, 2 margin */
  loss: i32 = 0
  /** Edges of a chunk at most, and how many entities are drawn for each of its sides. */
  chunkEdges: i32 = 0
  uniform: i32 = 0
  /** 1: operators stay as they are. */
  operatorsFrozen: i32 = 0
  /** Addresses: a `Table` for each entity type, of the partition that is on the left and that on the right. */
  leftTables: u32 = 0
  rightTables: u32 = 0
  /** Address, two int32 by relation: the entity types of its left and right side. */
  relations: u32 = 0
  /** Addresses, float32 by relation: parameters, and the sums of the squares of their gradients. */
  operators: u32 = 0
  operatorState: u32 = 0
  /** From one relation to the next. */
  operatorBytes: u32 = 0
  /** Address, two uint32 an edge: rows on the left and on the right. */
  edges: u32 = 0
  /** Address, three int32 a chunk: relation, first edge, number of edges. */
  chunks: u32 = 0
  chunkCount: i32 = 0
  /** Address of two int32: the next chunk, and one that ends the work when it is not 0. */
  next: u32 = 0
}

/** A partition of an entity type that is in memory. */
@unmanaged
export class Table {
  /** Addresses: vectors (rows, dimensions), and a sum of squares for each. */
  vectors: u32 = 0
  state: u32 = 0
  /** Entities. */
  count: u32 = 0
  /** 1: its vectors stay as they are. */
  frozen: u32 = 0
  /** Addresses, int32: where the features of each entity begin, and the rows that features have. 0: one row an entity. */
  bagOffsets: u32 = 0
  bags: u32 = 0
}
