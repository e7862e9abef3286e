/** What a training thread is started with; addresses are in the shared memory. */
export interface WorkerSetup {
  readonly module: WebAssembly.Module
  readonly memory: WebAssembly.Memory
  readonly settings: number
  readonly scratch: number
  /** Where tokens are read to, room for `bufferTokens`. */
  readonly buffer: number
  readonly bufferTokens: number
  /** Of an int32 that ends the training when it is not 0. */
  readonly stop: number
  /** Tokens, uint32. */
  readonly file: string
}
