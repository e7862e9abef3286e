import type { Tokenizer } from '@parlance/tokenizer'
import type { Pair } from './pairs.js'
import { encodeText } from './text-codec.js'

/** Token sequences one after the other: sequence i is `tokens[starts[i]]` to `tokens[starts[i + 1] - 1]`. */
interface Sequences {
  readonly tokens: Int32Array
  readonly starts: Int32Array
}

/** Encoded pairs, without special tokens. */
export interface Examples {
  readonly count: number
  readonly sources: Sequences
  readonly targets: Sequences
}

function join(sequences: readonly Int32Array[]): Sequences {
  const starts = new Int32Array(sequences.length + 1)
  for (const [i, sequence] of sequences.entries()) starts[i + 1] = (starts[i] as number) + sequence.length
  const tokens = new Int32Array(starts[sequences.length] as number)
  for (const [i, sequence] of sequences.entries()) tokens.set(sequence, starts[i] as number)
  return { tokens, starts }
}

/** Encodes pairs; those with more than `maxTokens` tokens on a side, the end token included, are left out and counted. */
export function encodePairs(
  tokenizer: Tokenizer,
  pairs: readonly Pair[],
  maxTokens = Infinity,
): { examples: Examples; tooLong: number } {
  const sources: Int32Array[] = []
  const targets: Int32Array[] = []
  for (const pair of pairs) {
    const source = encodeText(tokenizer, pair.source)
    const target = encodeText(tokenizer, pair.target)
    if (Math.max(source.length, target.length) >= maxTokens) continue
    sources.push(source)
    targets.push(target)
  }
  const examples = { count: sources.length, sources: join(sources), targets: join(targets) }
  return { examples, tooLong: pairs.length - sources.length }
}

/** The tokens of one sequence, a view. */
export function sequence({ tokens, starts }: Sequences, index: number): Int32Array {
  return tokens.subarray(starts[index], starts[index + 1])
}

/** Positions that an example takes in a batch: the longer side with its end token. */
export function exampleLength({ sources, targets }: Examples, index: number): number {
  return Math.max(sequence(sources, index).length, sequence(targets, index).length) + 1
}
