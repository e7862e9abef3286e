import type { Tokenizer } from '@parlance/tokenizer'
import { encodeText } from '../text-codec.js'
import type { Pair } from './read-pairs.js'

/** Token sequences one after the other: sequence i is `tokens[starts[i]]` to `tokens[starts[i + 1] - 1]`. */
interface Sequences {
  readonly tokens: Int32Array
  readonly starts: Int32Array
}

/** Encoded pairs, without start and end. */
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

/**
 * Encodes pairs, those with more than `maxTokens` tokens on a side, the end token included, left out.
 *
 * @param prefix of each source
 * @returns which pairs were left out, too
 */
export function encodePairs(
  tokenizer: Tokenizer,
  pairs: readonly Pair[],
  maxTokens = Infinity,
  prefix: (pair: Pair) => readonly number[] = () => [],
): { examples: Examples; tooLong: readonly Pair[] } {
  const sources: Int32Array[] = []
  const targets: Int32Array[] = []
  const tooLong: Pair[] = []
  for (const pair of pairs) {
    const source = Int32Array.from([...prefix(pair), ...encodeText(tokenizer, pair.source)])
    const target = encodeText(tokenizer, pair.target)
    if (Math.max(source.length, target.length) >= maxTokens) {
      tooLong.push(pair)
      continue
    }
    sources.push(source)
    targets.push(target)
  }
  return { examples: { count: sources.length, sources: join(sources), targets: join(targets) }, tooLong }
}

/** Several examples one after the other. */
export function concatExamples(parts: readonly Examples[]): Examples {
  const all = (side: 'sources' | 'targets') =>
    join(parts.flatMap((part) => Array.from({ length: part.count }, (_, i) => sequence(part[side], i))))
  return { count: parts.reduce((sum, { count }) => sum + count, 0), sources: all('sources'), targets: all('targets') }
}

/** The tokens of one sequence, a view. */
export function sequence({ tokens, starts }: Sequences, index: number): Int32Array {
  return tokens.subarray(starts[index], starts[index + 1])
}

/** Positions that an example takes in a batch: the longer side with its end token. */
export function exampleLength({ sources, targets }: Examples, index: number): number {
  return Math.max(sequence(sources, index).length, sequence(targets, index).length) + 1
}
