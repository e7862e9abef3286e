/** What the kernel of word2vec exports; see `assembly/word2vec.ts`. Addresses are in the shared memory. */
export interface Word2VecKernel {
  scratchBytes(settings: number): number
  start(settings: number, scratch: number, seed: bigint): void
  finish(): void
  train(tokens: number, count: number, last: number): number
  drawNoise(): number
  lossOfThread(): number
  examplesOfThread(): number
}

export function instantiate(module: WebAssembly.Module, memory: WebAssembly.Memory): Word2VecKernel {
  return new WebAssembly.Instance(module, { env: { memory } }).exports as unknown as Word2VecKernel
}
