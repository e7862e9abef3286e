import type { StepResult, TokenModel } from '@parlance/decoding'
import { gatherRows, type GraphSession, type GraphTensor, type PortInfo } from '@parlance/runtime/session'
import { BatchVocabulary } from './shortlist/batch-vocabulary.js'
import { OutputRows } from './shortlist/output-rows.js'
import type { Shortlist } from './shortlist/shortlist.js'
import { PAD } from './special-tokens.js'

/**
 * Sources are padded to a multiple of this many tokens. Products and sums of other sizes may differ in their last bit;
 * with these, nothing that a row is computed by depends on its neighbours. Finer steps leave less padding, which single
 * sentences pay for, and coarser ones fill batches better: with 2, single sentences take 2% less time and batches of 32 15% more.
 */
const MULTIPLE = 4

/** The length to which a source of so many tokens is padded. Only sources of one padded length share a batch. */
export function paddedLength(tokens: number): number {
  return Math.ceil(tokens / MULTIPLE) * MULTIPLE
}

/** See docs/decisions/0010: parts of 64 columns or fewer are what matters. */
const COLUMNS_OF_A_THREAD = 128

type Tensors = Readonly<Record<string, GraphTensor>>

/** Between two steps: what the encoder gave, and a row for each hypothesis. */
export interface TranslationState {
  /** What the decoder reads of the sources: (N, …). */
  readonly memory: Tensors
  /** The rows of the output layer that `vocabulary` asks for. */
  readonly outputWeight: GraphTensor | undefined
  /** Of each source, the end token included: (N). */
  readonly lengths: Int32Array
  /** `memory` with a row for each hypothesis, as the step before needed it. */
  readonly expanded: { readonly sentences: Int32Array; readonly memory: Tensors } | undefined
  /** What the decoder carries from step to step: (P, …). */
  readonly carried: Tensors
  /** The sentence of each row. */
  readonly sentences: Int32Array
  readonly position: number
  /** What the sentences may say, where the graphs take shortlists. */
  readonly vocabulary: BatchVocabulary | undefined
}

/** What every decoder graph takes and gives; all else is memory, and state under a name and the same with `new_` in front. */
const STEP_INPUTS = ['tokens', 'parents', 'position', 'candidates', 'wanted'] as const
/** These, too, where sentences have shortlists; the encoder gives the first. */
const SHORTLIST_INPUTS = ['output_weight', 'columns'] as const
const STEP_OUTPUTS = ['ids', 'log_probs', 'wanted_log_probs', 'attention'] as const
const NEW = 'new_'

/** Whether an output of either graph is for the next step and not for the search. */
export function fedBack(output: string): boolean {
  return !(STEP_OUTPUTS as readonly string[]).includes(output)
}

/**
 * A translator's two graphs as a search sees them; a batch is sources that end in the end token. Of an architecture it
 * knows what the graphs' ports say.
 */
export class GraphTranslationModel implements TokenModel<readonly Int32Array[], TranslationState> {
  readonly vocabSize: number
  readonly scoresWanted = true
  private readonly memoryNames: readonly string[]
  private readonly statePorts: readonly PortInfo[]
  private readonly takesShortlists: boolean
  /** What the encoder gave of the output layer at its first run. */
  private outputRows: OutputRows | undefined

  /**
   * @param shortlist what a sentence may say, for graphs that take shortlists; default everything
   * @throws Error, one line, for graphs that an earlier version wrote
   */
  constructor(
    private readonly encoder: GraphSession,
    private readonly decoder: GraphSession,
    { vocabSize }: { readonly vocabSize: number },
    private readonly shortlist?: Shortlist,
  ) {
    this.vocabSize = vocabSize
    const given = new Set(decoder.outputs.map(({ name }) => name))
    const taken = new Set(decoder.inputs.map(({ name }) => name))
    if (STEP_INPUTS.some((name) => !taken.has(name)) || STEP_OUTPUTS.some((name) => !given.has(name))) {
      throw new Error('The graphs were written by another version: run "parlance-translate export" on the model folder to write them anew.')
    }
    this.takesShortlists = taken.has('columns')
    const step = new Set<string>([...STEP_INPUTS, ...SHORTLIST_INPUTS])
    const [stateful, others] = [true, false].map((wanted) => decoder.inputs.filter(({ name }) => given.has(NEW + name) === wanted))
    this.statePorts = stateful as PortInfo[]
    this.memoryNames = (others as PortInfo[]).map(({ name }) => name).filter((name) => !step.has(name))
  }

  start(sources: readonly Int32Array[]): TranslationState {
    const lengths = Int32Array.from(sources, (source) => source.length)
    const length = paddedLength(Math.max(...lengths))
    const ids = new Int32Array(sources.length * length).fill(PAD)
    for (const [row, source] of sources.entries()) ids.set(source, row * length)
    const vocabulary = this.takesShortlists ? this.vocabularyOf(sources, length) : undefined
    const encoded = this.encoder.run({
      source: { data: ids, shape: [sources.length, length] },
      // All rows of the output layer once, for all batches.
      ...(vocabulary && { vocabulary: this.outputRows ? vector(new Int32Array(0)) : iota(this.vocabSize) }),
    })
    if (vocabulary) this.outputRows ??= new OutputRows(encoded.output_weight as GraphTensor)
    const initial = this.statePorts.map((port) => [port.name, encoded[port.name] ?? zeros(port, sources.length)])
    return {
      memory: Object.fromEntries(this.memoryNames.map((name) => [name, encoded[name] as GraphTensor])),
      outputWeight: vocabulary && this.outputRows?.take(vocabulary.tokens),
      lengths,
      expanded: undefined,
      carried: Object.fromEntries(initial) as Tensors,
      sentences: Int32Array.from(sources, (_, i) => i),
      position: 0,
      vocabulary,
    }
  }

  step(
    state: TranslationState,
    tokens: Int32Array,
    parents: Int32Array,
    k: number,
    wanted = new Int32Array(0),
  ): StepResult<TranslationState> {
    const { memory, outputWeight, lengths, carried, position, vocabulary } = state
    const rows = tokens.length
    const sentences = parents.map((parent) => state.sentences[parent] as number)
    const expanded = this.expand(state, sentences)
    const places = vocabulary?.find(sentences, wanted)
    const outputs = this.decode({ ...state, expanded }, {
      tokens: vector(tokens),
      parents: vector(parents),
      position: vector(Int32Array.of(position)),
      candidates: vector(new Int32Array(Math.min(k, vocabulary?.size ?? k))),
      wanted: { data: places?.map((place) => Math.max(place, 0)) ?? wanted, shape: [rows, wanted.length / rows] },
      ...(vocabulary && outputWeight && { output_weight: outputWeight, columns: vocabulary.columns(sentences) }),
      ...expanded.memory,
      ...carried,
    })
    dispose(carried)
    const found = { ids: outputs.ids?.data as Int32Array, logProbs: outputs.log_probs?.data as Float32Array }
    const wantedLogProbs = outputs.wanted_log_probs?.data as Float32Array
    return {
      ...(vocabulary ? vocabulary.expand(sentences, found, k) : found),
      wantedLogProbs: places ? wantedLogProbs.map((logProb, i) => ((places[i] as number) < 0 ? -Infinity : logProb)) : wantedLogProbs,
      attention: {
        weights: outputs.attention?.data as Float32Array,
        lengths: sentences.map((sentence) => lengths[sentence] as number),
      },
      state: {
        memory,
        outputWeight,
        lengths,
        expanded,
        carried: Object.fromEntries(this.statePorts.map(({ name }) => [name, outputs[NEW + name] as GraphTensor])),
        sentences,
        position: position + 1,
        vocabulary,
      },
    }
  }

  /** Runs the decoder; frees the state when that fails, since no step will follow. */
  private decode(state: TranslationState, feeds: Tensors): Record<(typeof STEP_OUTPUTS)[number] | string, GraphTensor> {
    try {
      return this.decoder.run(feeds)
    } catch (error) {
      this.release(state)
      throw error
    }
  }

  release({ memory, outputWeight, expanded, carried }: TranslationState): void {
    dispose(memory)
    dispose(carried)
    if (expanded) dispose(expanded.memory)
    if (outputWeight) this.outputRows?.giveBack(outputWeight)
  }

  /** Frees what it keeps of the graphs in a device's memory. */
  dispose(): void {
    this.outputRows?.dispose()
  }

  private vocabularyOf(sources: readonly Int32Array[], length: number): BatchVocabulary {
    // A product that threads share is cut along its columns, and its sums are split otherwise where a part is narrow.
    const least = COLUMNS_OF_A_THREAD * this.decoder.threads
    return BatchVocabulary.of(sources, length, this.shortlist, this.vocabSize, least)
  }

  /**
   * The memory with a row for each hypothesis. Copied here rather than in the graph, since most steps go on with the
   * sentences of the step before: hypotheses are reordered within their sentences, and sentences leave but once.
   */
  private expand({ memory, expanded }: TranslationState, sentences: Int32Array): { sentences: Int32Array; memory: Tensors } {
    if (expanded && equal(expanded.sentences, sentences)) return expanded
    if (expanded) dispose(expanded.memory)
    const gathered = this.memoryNames.map((name) => [name, gatherRows(memory[name] as GraphTensor, sentences)])
    return { sentences, memory: Object.fromEntries(gathered) as Tensors }
  }
}

function zeros({ shape }: PortInfo, rows: number): GraphTensor {
  const axes = [rows, ...shape.slice(1).map((axis) => (typeof axis === 'number' ? axis : 0))]
  return { data: new Float32Array(axes.reduce((size, axis) => size * axis, 1)), shape: axes }
}

/** Frees what tensors have in a device's memory. */
function dispose(tensors: Tensors): void {
  for (const tensor of Object.values(tensors)) tensor.dispose?.()
}

function equal(a: Int32Array, b: Int32Array): boolean {
  return a.length === b.length && a.every((value, i) => value === b[i])
}

function iota(length: number): GraphTensor {
  return vector(Int32Array.from({ length }, (_, i) => i))
}

function vector(data: Int32Array): GraphTensor {
  return { data, shape: [data.length] }
}
