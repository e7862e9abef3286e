// What the kernel is told, at one address in the shared memory. `src/word2vec/settings.ts` writes it: same order.

@unmanaged
export class Settings {
  /** Words in all epochs, by which the learning rate falls. */
  totalWords: f64 = 0
  /** Of the first word; falls linearly to a ten-thousandth. */
  learningRate: f32 = 0
  /** Addresses of float32 tables; each row is `rowBytes` long. Rows of words come first, then those of n-grams. */
  input: u32 = 0
  output: u32 = 0
  /** A multiple of 32; what lies beyond the vectors' width is zero and stays so. */
  rowBytes: u32 = 0
  /** Address, int32 by token: the word, or -1 for what is left out. Word 0 ends a sentence. */
  words: u32 = 0
  /** Address, uint32 by word: kept when a random number is not above it. */
  keep: u32 = 0
  /** Address, two uint32 by word: the alias table of the noise. 0: hierarchical softmax. */
  noise: u32 = 0
  noiseSize: u32 = 0
  /** Noise words for each centre. */
  negatives: i32 = 0
  /** Addresses, int32: where the path of each word begins; 2 · inner node + label along the path. */
  pathOffsets: u32 = 0
  paths: u32 = 0
  longestPath: i32 = 0
  /** Addresses, int32: where the input rows of each word begin; the rows. 0: each word has its own row only. */
  rowOffsets: u32 = 0
  rows: u32 = 0
  mostRows: i32 = 0
  /** Words to either side at most. */
  window: i32 = 0
  /** 1: continuous bag of words; 0: skip-gram. */
  cbow: i32 = 0
  /** Address: words done (int64), then an int32 that ends the training when it is not 0. */
  progress: u32 = 0
}
