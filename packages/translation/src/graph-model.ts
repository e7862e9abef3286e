import type { StepResult, TokenModel } from '@parlance/decoding'
import type { GraphSession, GraphTensor } from '@parlance/runtime/session'
import type { ModelConfig } from './config.js'
import { PAD } from './special-tokens.js'

/**
 * Sources are padded to a multiple of this many tokens and hypotheses to a multiple of as many rows. Products and sums
 * of other sizes may differ in their last bit; with these, nothing that a row is computed by depends on its neighbours.
 */
const MULTIPLE = 8

/** The length to which a source of so many tokens is padded. Only sources of one padded length share a batch. */
export function paddedLength(tokens: number): number {
  return Math.ceil(tokens / MULTIPLE) * MULTIPLE
}

/** Between two steps: what the encoder gave, and a row for each hypothesis. */
export interface TranslationState {
  /** `source_mask`, `cross_key_i` and `cross_value_i`: (N, …) */
  readonly memory: Readonly<Record<string, GraphTensor>>
  /** `self_key_i` and `self_value_i`: (P, H, T, D) */
  readonly caches: Readonly<Record<string, GraphTensor>>
  /** The sentence of each row. */
  readonly sentences: Int32Array
  readonly position: number
}

interface DecoderOutputs extends Record<string, GraphTensor> {
  ids: GraphTensor
  log_probs: GraphTensor
}

/** A translator's two graphs as a search sees them; a batch is sources that end in the end token. */
export class GraphTranslationModel implements TokenModel<readonly Int32Array[], TranslationState> {
  readonly vocabSize: number

  constructor(
    private readonly encoder: GraphSession,
    private readonly decoder: GraphSession,
    private readonly config: ModelConfig,
  ) {
    this.vocabSize = config.vocabSize
  }

  start(sources: readonly Int32Array[]): TranslationState {
    const { heads, width, decoderLayers } = this.config
    const length = paddedLength(Math.max(...sources.map((source) => source.length)))
    const ids = new Int32Array(sources.length * length).fill(PAD)
    for (const [row, source] of sources.entries()) ids.set(source, row * length)
    const memory = this.encoder.run({ source: { data: ids, shape: [sources.length, length] } })
    const empty = { data: new Float32Array(0), shape: [sources.length, heads, 0, width / heads] }
    const caches = Object.fromEntries(
      Array.from({ length: decoderLayers }, (_, i) => [[`self_key_${i}`, empty], [`self_value_${i}`, empty]]).flat(),
    ) as Record<string, GraphTensor>
    return { memory, caches, sentences: Int32Array.from(sources, (_, i) => i), position: 0 }
  }

  step(state: TranslationState, tokens: Int32Array, parents: Int32Array, k: number): StepResult<TranslationState> {
    const rows = tokens.length
    const sentences = parents.map((parent) => state.sentences[parent] as number)
    const { ids, log_probs: logProbs, ...caches } = this.decoder.run({
      tokens: paddedRows(tokens),
      parents: paddedRows(parents),
      sentences: paddedRows(sentences),
      position: { data: Int32Array.of(state.position), shape: [1] },
      candidates: { data: new Int32Array(k), shape: [k] },
      ...state.memory,
      ...state.caches,
    }) as DecoderOutputs
    const renamed = Object.entries(caches).map(([name, cache]) => [name.replace(/^new_/, ''), cache])
    return {
      ids: (ids.data as Int32Array).subarray(0, rows * k),
      logProbs: (logProbs.data as Float32Array).subarray(0, rows * k),
      state: { memory: state.memory, caches: Object.fromEntries(renamed), sentences, position: state.position + 1 },
    }
  }
}

/** Nobody looks at the results of padding rows. */
function paddedRows(values: Int32Array): GraphTensor {
  const padded = new Int32Array(Math.ceil(values.length / MULTIPLE) * MULTIPLE)
  padded.set(values)
  return { data: padded, shape: [padded.length] }
}
