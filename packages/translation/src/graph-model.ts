import type { StepResult, TokenModel } from '@parlance/decoding'
import type { GraphSession, GraphTensor, PortInfo } from '@parlance/runtime/session'
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

type Tensors = Readonly<Record<string, GraphTensor>>

/** Between two steps: what the encoder gave, and a row for each hypothesis. */
export interface TranslationState {
  /** What the decoder reads of the sources: (N, …). */
  readonly memory: Tensors
  /** Of each source, the end token included: (N). */
  readonly lengths: Int32Array
  /** `memory` with a row for each hypothesis, as the step before needed it. */
  readonly expanded: { readonly sentences: Int32Array; readonly memory: Tensors } | undefined
  /** What the decoder carries from step to step: (P, …). */
  readonly carried: Tensors
  /** The sentence of each row. */
  readonly sentences: Int32Array
  readonly position: number
}

/** What every decoder graph takes and gives; all else is memory, and state under a name and the same with `new_` in front. */
const STEP_INPUTS = ['tokens', 'parents', 'position', 'candidates', 'wanted'] as const
const STEP_OUTPUTS = ['ids', 'log_probs', 'wanted_log_probs', 'attention'] as const
const NEW = 'new_'

/**
 * A translator's two graphs as a search sees them; a batch is sources that end in the end token. Of an architecture it
 * knows what the graphs' ports say.
 */
export class GraphTranslationModel implements TokenModel<readonly Int32Array[], TranslationState> {
  readonly vocabSize: number
  readonly scoresWanted = true
  private readonly memoryNames: readonly string[]
  private readonly statePorts: readonly PortInfo[]

  /** @throws Error, one line, for graphs that an earlier version wrote */
  constructor(
    private readonly encoder: GraphSession,
    private readonly decoder: GraphSession,
    { vocabSize }: { readonly vocabSize: number },
  ) {
    this.vocabSize = vocabSize
    const given = new Set(decoder.outputs.map(({ name }) => name))
    const taken = new Set(decoder.inputs.map(({ name }) => name))
    if (STEP_INPUTS.some((name) => !taken.has(name)) || STEP_OUTPUTS.some((name) => !given.has(name))) {
      throw new Error('The graphs were written by another version: run "parlance-translate export" on the model folder to write them anew.')
    }
    const step = new Set<string>(STEP_INPUTS)
    const [stateful, others] = [true, false].map((wanted) => decoder.inputs.filter(({ name }) => given.has(NEW + name) === wanted))
    this.statePorts = stateful as PortInfo[]
    this.memoryNames = (others as PortInfo[]).map(({ name }) => name).filter((name) => !step.has(name))
  }

  start(sources: readonly Int32Array[]): TranslationState {
    const lengths = Int32Array.from(sources, (source) => source.length)
    const length = paddedLength(Math.max(...lengths))
    const ids = new Int32Array(sources.length * length).fill(PAD)
    for (const [row, source] of sources.entries()) ids.set(source, row * length)
    const encoded = this.encoder.run({ source: { data: ids, shape: [sources.length, length] } })
    const initial = this.statePorts.map((port) => [port.name, encoded[port.name] ?? zeros(port, sources.length)])
    return {
      memory: Object.fromEntries(this.memoryNames.map((name) => [name, encoded[name] as GraphTensor])),
      lengths,
      expanded: undefined,
      carried: Object.fromEntries(initial) as Tensors,
      sentences: Int32Array.from(sources, (_, i) => i),
      position: 0,
    }
  }

  step(
    state: TranslationState,
    tokens: Int32Array,
    parents: Int32Array,
    k: number,
    wanted = new Int32Array(0),
  ): StepResult<TranslationState> {
    const { memory, lengths, carried, position } = state
    const rows = tokens.length
    const sentences = parents.map((parent) => state.sentences[parent] as number)
    const expanded = this.expand(state, sentences)
    const outputs = this.decoder.run({
      tokens: vector(padded(tokens)),
      parents: vector(padded(parents)),
      position: vector(Int32Array.of(position)),
      candidates: vector(new Int32Array(k)),
      wanted: { data: wanted, shape: [rows, wanted.length / rows] },
      ...expanded.memory,
      ...carried,
    }) as Record<(typeof STEP_OUTPUTS)[number] | string, GraphTensor>
    return {
      ids: outputs.ids?.data as Int32Array,
      logProbs: outputs.log_probs?.data as Float32Array,
      wantedLogProbs: outputs.wanted_log_probs?.data as Float32Array,
      attention: {
        weights: outputs.attention?.data as Float32Array,
        lengths: sentences.map((sentence) => lengths[sentence] as number),
      },
      state: {
        memory,
        lengths,
        expanded,
        carried: Object.fromEntries(this.statePorts.map(({ name }) => [name, outputs[NEW + name] as GraphTensor])),
        sentences,
        position: position + 1,
      },
    }
  }

  /**
   * The memory with a row for each hypothesis. Copied here rather than in the graph, since most steps go on with the
   * sentences of the step before: hypotheses are reordered within their sentences, and sentences leave but once.
   */
  private expand({ memory, expanded }: TranslationState, sentences: Int32Array): { sentences: Int32Array; memory: Tensors } {
    const rows = padded(sentences)
    if (expanded && equal(expanded.sentences, rows)) return expanded
    return { sentences: rows, memory: Object.fromEntries(this.memoryNames.map((name) => [name, gather(memory[name] as GraphTensor, rows)])) }
  }
}

function zeros({ shape }: PortInfo, rows: number): GraphTensor {
  const axes = [rows, ...shape.slice(1).map((axis) => (typeof axis === 'number' ? axis : 0))]
  return { data: new Float32Array(axes.reduce((size, axis) => size * axis, 1)), shape: axes }
}

function gather({ data, shape }: GraphTensor, rows: Int32Array): GraphTensor {
  const size = data.length / (shape[0] as number)
  const gathered = new Float32Array(rows.length * size)
  for (const [i, row] of rows.entries()) gathered.set((data as Float32Array).subarray(row * size, (row + 1) * size), i * size)
  return { data: gathered, shape: [rows.length, ...shape.slice(1)] }
}

function equal(a: Int32Array, b: Int32Array): boolean {
  return a.length === b.length && a.every((value, i) => value === b[i])
}

function vector(data: Int32Array): GraphTensor {
  return { data, shape: [data.length] }
}

/** Rows up to the next multiple, of which nobody looks at the results. */
function padded(values: Int32Array): Int32Array {
  const rows = new Int32Array(Math.ceil(values.length / MULTIPLE) * MULTIPLE)
  rows.set(values)
  return rows
}
