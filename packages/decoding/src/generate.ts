import { mostAttended } from './attention.js'
import { TokenHistory, type TokenLowering } from './filters/token-filter.js'
import { pathAlignment, pathTokens, type Hypothesis, type Path } from './hypothesis.js'
import type { TokenModel } from './model.js'
import type { CheckedOptions } from './options.js'
import { Stepper, type Candidates } from './stepper.js'

/** What a token decoder chooses from: the best candidates of one row, as many as it needs. */
export interface Choice {
  readonly candidates: Candidates
  /** The row's entries in `candidates`: from `start`, before `end`. */
  readonly start: number
  readonly end: number
  readonly lower: TokenLowering | undefined
  readonly sentence: number
  /** How many tokens the sentence has so far. */
  readonly position: number
}

/** Picks the next token of one row: an index into `candidates`, or -1 when no candidate is allowed. */
export type TokenDecoder = (choice: Choice) => number

/**
 * Extends one hypothesis per sentence, one chosen token at a time; finished sentences leave the batch.
 *
 * @param k how many candidates `decode` needs that no filter has lowered
 */
export async function generate<Batch, State>(
  model: TokenModel<Batch, State>,
  batch: Batch,
  options: CheckedOptions,
  k: number,
  decode: TokenDecoder,
): Promise<Hypothesis[]> {
  const { prompts, prefixes, eos, maxLength, filter } = options
  const results = new Array<Hypothesis>(options.sentences)
  const forcedOf = ({ sentence, length }: Sequence): number | undefined => prefixes[sentence]![length]
  const widthOf = ({ length }: Sequence): number => Math.min(k + filter.maxLowered(length), model.vocabSize)
  return Stepper.run(model, batch, async (stepper) => {
    let live: Sequence[] = prompts.map((prompt, sentence) => (
      { sentence, row: sentence, fed: 0, next: prompt[0]!, path: undefined, length: 0, logProb: 0 }))
    while (live.length > 0) {
      const tokens = Int32Array.from(live, (sequence) => sequence.next)
      const parents = Int32Array.from(live, (sequence) => sequence.row)
      const wanted = live.map((sequence) => {
        const forced = forcedOf(sequence)
        return forced === undefined || sequence.fed + 1 < prompts[sequence.sentence]!.length ? [] : [forced]
      })
      const candidates = await stepper.step(tokens, parents, Math.max(...live.map(widthOf)), wanted)
      const { ids, logProbs, width, attention } = candidates
      live = live.filter((sequence, row) => {
        const { sentence, length } = sequence
        const prompt = prompts[sentence]!
        sequence.row = row
        if (++sequence.fed < prompt.length) {
          sequence.next = prompt[sequence.fed]!
          return true
        }
        let token = forcedOf(sequence) ?? -1
        if (token >= 0) {
          sequence.logProb += candidates.wantedLogProb(row, token)
        } else {
          const start = row * width
          const lower = filter.after(new TokenHistory(sentence, sequence.path, length))
          const end = start + widthOf(sequence)
          const choice = decode({ candidates, start, end, lower, sentence, position: length })
          if (choice >= 0) sequence.logProb += logProbs[choice]!
          if (choice >= 0) token = ids[choice]!
        }
        const finished = eos.has(token)
        if (token >= 0 && !finished) {
          sequence.path = { token, source: mostAttended(attention, row), previous: sequence.path }
          sequence.next = token
          if (++sequence.length < maxLength[sentence]!) return true
        }
        const { path, logProb } = sequence
        results[sentence] = {
          tokens: pathTokens(path, sequence.length), logProb, finished,
          ...(attention && { alignment: pathAlignment(path, sequence.length) }) }
        return false
      })
    }
    return results
  })
}

interface Sequence {
  readonly sentence: number
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
