import { TokenHistory, type TokenLowering } from './filters/token-filter.js'
import { type Hypothesis, hypothesisOf, type Path } from './hypothesis.js'
import type { TokenModel } from './model.js'
import type { CheckedOptions } from './options.js'
import { Stepper } from './stepper.js'

/**
 * What a token decoder chooses from: the best candidates of one row, as many as it needs, best first; or all tokens, by
 * their ids.
 */
export interface Choice {
  readonly ids: Int32Array
  readonly logProbs: Float32Array
  /** The row's entries in these: from `start`, before `end`. */
  readonly start: number
  readonly end: number
  readonly lower: TokenLowering | undefined
  readonly sentence: number
  readonly draw: number
  /** How many tokens the sentence has so far. */
  readonly position: number
}

/** Picks the next token of one row: an index into `ids`, or -1 when no candidate is allowed. */
type TokenDecoder = (choice: Choice) => number

export interface Generation {
  /**
   * How many candidates `decode` needs that no filter has lowered; `all` for every token, in whatever order is the
   * fastest.
   */
  readonly k: number | 'all'
  /** How many hypotheses of each sentence. */
  readonly draws: number
  readonly decode: TokenDecoder
}

/** A hypothesis that grows. */
export interface Sequence {
  readonly sentence: number
  readonly draw: number
  /** Its row in the model's latest state. */
  row: number
  /** How many prompt tokens the model has been fed. */
  fed: number
  /** The token to feed next. */
  next: number
  path: Path | undefined
  length: number
  logProb: number
}

/**
 * Extends hypotheses one chosen token at a time; finished ones leave the batch.
 *
 * @returns per sentence its hypotheses; yields after each step those that are not finished
 */
export async function* generate<Batch, State>(
  model: TokenModel<Batch, State>,
  batch: Batch,
  options: CheckedOptions,
  { k, draws, decode }: Generation,
): AsyncGenerator<readonly Sequence[], Hypothesis[][]> {
  const { prompts, prefixes, eos, maxLength, filter } = options
  const results = prompts.map(() => new Array<Hypothesis>(draws))
  const historyOf = ({ sentence, path, length }: Sequence): TokenHistory => new TokenHistory(sentence, path, length)
  const { vocabSize, scoresWanted = false } = model
  // A model sorts what it gives as candidates, and not what it is asked for.
  const everyToken = k === 'all' && scoresWanted ? Int32Array.from({ length: vocabSize }, (_, token) => token) : undefined
  const widthOf = ({ length }: Sequence): number => {
    if (k === 'all') return everyToken ? 1 : vocabSize
    return Math.min(k + filter.maxLowered(length), vocabSize)
  }
  const stepper = await Stepper.start(model, batch)
  try {
    let live: Sequence[] = prompts.flatMap((prompt, sentence) => Array.from({ length: draws }, (_, draw) => (
      { sentence, draw, row: sentence, fed: 0, next: prompt[0]!, path: undefined, length: 0, logProb: 0 })))
    while (live.length > 0) {
      const tokens = Int32Array.from(live, (sequence) => sequence.next)
      const parents = Int32Array.from(live, (sequence) => sequence.row)
      const allowed = live.map((sequence) => (
        sequence.fed + 1 < prompts[sequence.sentence]!.length ? undefined : prefixes[sequence.sentence]!.after(historyOf(sequence))))
      const k = Math.max(...live.map(widthOf))
      const candidates = await stepper.step(tokens, parents, k, allowed.map((tokens) => tokens ?? everyToken ?? []))
      const { width, attention } = candidates
      live = live.filter((sequence, row) => {
        const { sentence, draw, length: position } = sequence
        const prompt = prompts[sentence]!
        sequence.row = row
        if (++sequence.fed < prompt.length) {
          sequence.next = prompt[sequence.fed]!
          return true
        }
        const begun = allowed[row]
        const start = row * width
        const { ids, logProbs, ...among } = begun !== undefined
          ? bestFirst(begun, candidates.wantedLogProbs(row))
          : {
            ...(everyToken
              ? { ids: everyToken, logProbs: candidates.wantedLogProbs(row), start: 0, end: vocabSize }
              : { ...candidates, start, end: start + widthOf(sequence) }),
            lower: filter.after(historyOf(sequence)),
          }
        const choice = decode({ ids, logProbs, ...among, sentence, draw, position })
        const token = choice < 0 ? -1 : ids[choice]!
        const logProb = choice < 0 ? 0 : logProbs[choice]!
        sequence.logProb += logProb
        const finished = eos.has(token)
        if (token >= 0 && !finished) {
          sequence.path = { token, logProb, attention, row, previous: sequence.path }
          sequence.next = token
          if (++sequence.length < maxLength[sentence]!) return true
        }
        const endLogProb = finished ? logProb : undefined
        results[sentence]![draw] = hypothesisOf({ ...sequence, endLogProb, aligned: attention !== undefined })
        return false
      })
      yield live
    }
    return results
  } finally {
    stepper.release()
  }
}

/** The last value of a generation, whatever it yields before. */
export async function finish<Result>(generation: AsyncGenerator<unknown, Result>): Promise<Result> {
  let next = await generation.next()
  while (!next.done) next = await generation.next()
  return next.value
}

/** Tokens that may follow, as a choice among which no filter has a say. */
function bestFirst(
  tokens: readonly number[],
  logProbs: Float32Array,
): Pick<Choice, 'ids' | 'logProbs' | 'start' | 'end' | 'lower'> {
  const order = Int32Array.from(tokens, (_, i) => i).sort((a, b) => logProbs[b]! - logProbs[a]! || tokens[a]! - tokens[b]!)
  return {
    ids: order.map((i) => tokens[i]!),
    logProbs: Float32Array.from(order, (i) => logProbs[i]!),
    start: 0,
    end: order.length,
    lower: undefined,
  }
}
