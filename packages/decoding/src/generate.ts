import { pathTokens, type Hypothesis, type Path } from './hypothesis.js'
import type { TokenModel } from './model.js'
import type { CheckedOptions } from './options.js'
import { Stepper, type Candidates } from './stepper.js'

/**
 * Picks the next token of one row: an index into `candidates`, or -1 when no candidate is allowed.
 *
 * @param row the row of `candidates` to choose from
 * @param sentence index of the row's sentence in the batch
 * @param position how many tokens the sentence has so far
 */
export type Choose = (candidates: Candidates, row: number, sentence: number, position: number) => number

/** Extends one hypothesis per sentence, one chosen token at a time; finished sentences leave the batch. */
export async function generate<Batch, State>(
  model: TokenModel<Batch, State>,
  batch: Batch,
  options: CheckedOptions,
  k: number,
  choose: Choose,
): Promise<Hypothesis[]> {
  const { prompts, eos, maxLength } = options
  const results = new Array<Hypothesis>(options.sentences)
  return Stepper.run(model, batch, async (stepper) => {
    let live: Sequence[] = prompts.map((prompt, sentence) => (
      { sentence, row: sentence, fed: 0, next: prompt[0]!, path: undefined, length: 0, logProb: 0 }))
    while (live.length > 0) {
      const tokens = Int32Array.from(live, (sequence) => sequence.next)
      const parents = Int32Array.from(live, (sequence) => sequence.row)
      const candidates = await stepper.step(tokens, parents, k)
      const staying: Sequence[] = []
      live.forEach((sequence, row) => {
        const { sentence, length } = sequence
        const prompt = prompts[sentence]!
        sequence.row = row
        if (++sequence.fed < prompt.length) {
          sequence.next = prompt[sequence.fed]!
          staying.push(sequence)
          return
        }
        const choice = choose(candidates, row, sentence, length)
        const token = choice < 0 ? -1 : candidates.ids[choice]!
        if (choice >= 0) sequence.logProb += candidates.logProbs[choice]!
        const finished = eos.has(token)
        if (choice >= 0 && !finished) {
          sequence.path = { token, previous: sequence.path }
          sequence.next = token
          if (++sequence.length < maxLength[sentence]!) {
            staying.push(sequence)
            return
          }
        }
        const { path, logProb } = sequence
        results[sentence] = { tokens: pathTokens(path, sequence.length), logProb, finished }
      })
      live = staying
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
