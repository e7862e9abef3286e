// What the kernel of StarSpace is told, at one address in the shared memory. `src/starspace/settings.ts` writes it: same order.

@unmanaged
export class StarSpaceSettings {
  /** Examples in all epochs, by which the learning rate falls. */
  totalExamples: f64 = 0
  /** Of the first example; falls linearly to a ten-thousandth. */
  learningRate: f32 = 0
  margin: f32 = 0
  /** Address of the float32 table; each row is `rowBytes` long, a multiple of 32, of which `width` numbers are used. */
  table: u32 = 0
  rowBytes: u32 = 0
  width: i32 = 0
  /** Address, float32 by row: sums of mean squared gradients (Adagrad). 0: plain steps. */
  accumulators: u32 = 0
  /** Addresses, uint32: where the parts of each example begin, where the features of each part begin, rows of features. */
  exampleParts: u32 = 0
  partFeatures: u32 = 0
  features: u32 = 0
  /** Address, uint32 by example: its task. */
  exampleTasks: u32 = 0
  /** Address of `Task`s. */
  tasks: u32 = 0
  /** Address, uint32: the examples in the order in which they are trained on. */
  order: u32 = 0
  /** Negatives for each example, where they are drawn. */
  negatives: i32 = 0
  /** Candidates of one example at most, features of the left-hand side at most. */
  mostCandidates: i32 = 0
  longestBag: i32 = 0
  /** Address, float32 by the number n of features in a bag: n^-p, by which their sum is multiplied. */
  bagScales: u32 = 0
  /** 1: softmax; 0: margin. */
  softmax: i32 = 0
  /** 1: cosine; 0: dot product. */
  cosine: i32 = 0
  /** A feature of the left-hand side is left out when a random number is below. */
  dropout: u32 = 0
  /** Address: examples done (int64), then an int32 that ends the training when it is not 0. */
  progress: u32 = 0
}

/** A set of examples that are treated alike. */
@unmanaged
export class Task {
  /** What is the left-hand side: 0: part 0, a label of the others is predicted; 1: all parts but one; 2: one part. */
  kind: i32 = 0
  firstExample: u32 = 0
  exampleCount: u32 = 0
  /** Parts of one feature, all labels. None: negatives are drawn from the examples. */
  firstLabel: u32 = 0
  labelCount: u32 = 0
}
