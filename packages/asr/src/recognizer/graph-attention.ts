import type { GraphSession, GraphTensor, PortInfo } from '@parlance/runtime/session'
import { BLANK } from '../tokens/blank.js'
import type { AttentionModel } from '../search/attention-model.js'

/** The recording, and keys and values of its hypotheses. */
interface AttentionState {
  readonly memory: GraphTensor
  readonly caches: Readonly<Record<string, GraphTensor>>
  readonly position: number
}

/** An attention decoder as an inference graph. */
export class GraphAttention implements AttentionModel<AttentionState> {
  readonly end = BLANK
  readonly vocabSize: number
  /** Numbers of a frame of memory. */
  readonly width: number
  private readonly caches: readonly PortInfo[]

  /** @throws Error, one line, for a graph that an earlier version wrote */
  constructor(private readonly decoder: GraphSession) {
    const port = (name: string): PortInfo | undefined => decoder.inputs.find((input) => input.name === name)
    const width = port('memory')?.shape[2]
    if (typeof width !== 'number') throw new Error('The decoder was written by another version: train with --resume, which writes the graphs of a finished training anew.')
    this.width = width
    this.vocabSize = decoder.outputs.find(({ name }) => name === 'log_probs')?.shape[1] as number
    this.caches = decoder.inputs.filter(({ name }) => /^(key|value)_/u.test(name))
  }

  start(memory: Float32Array, frames: number): AttentionState {
    const empty = ({ name, shape }: PortInfo) => [name, { data: new Float32Array(0), shape: [1, shape[1] as number, 0, shape[3] as number] }] as const
    return { memory: { data: memory, shape: [1, frames, this.width] }, caches: Object.fromEntries(this.caches.map(empty)), position: 0 }
  }

  step(state: AttentionState, tokens: Int32Array, parents: Int32Array): { logProbs: Float32Array; state: AttentionState } {
    const { memory, caches, position } = state
    const { log_probs: logProbs, ...next } = this.decoder.run({
      tokens: { data: tokens, shape: [tokens.length] },
      parents: { data: parents, shape: [parents.length] },
      position: { data: Int32Array.of(position), shape: [1] },
      memory,
      ...caches,
    })
    this.release(state)
    const after = Object.fromEntries(this.caches.map(({ name }) => [name, next[`next_${name}`] as GraphTensor]))
    return { logProbs: logProbs?.data as Float32Array, state: { memory, caches: after, position: position + 1 } }
  }

  release({ caches }: AttentionState): void {
    for (const cache of Object.values(caches)) cache.dispose?.()
  }
}
