/** What a training thread is started with; addresses are in the shared memory. */
export interface WorkerSetup {
  readonly module: WebAssembly.Module
  readonly memory: WebAssembly.Memory
  readonly settings: number
  readonly scratch: number
}

/** The chunks that the settings name. */
export interface ChunksTask {
  readonly seed: bigint
}

export interface ChunksResult {
  /** Sum over both sides of the edges. */
  readonly loss: number
  readonly edges: number
}
