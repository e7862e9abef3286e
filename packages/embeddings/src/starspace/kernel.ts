/** What the kernel of StarSpace exports; see `assembly/starspace.ts`. Addresses are in the shared memory. */
export interface StarSpaceKernel {
  scratchBytes(settings: number): number
  start(settings: number, scratch: number, seed: bigint): void
  finish(): void
  train(from: number, to: number): void
  lossOfThread(): number
  examplesOfThread(): number
}

export function instantiateStarSpace(module: WebAssembly.Module, memory: WebAssembly.Memory): StarSpaceKernel {
  return new WebAssembly.Instance(module, { env: { memory } }).exports as unknown as StarSpaceKernel
}
