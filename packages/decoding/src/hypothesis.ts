import { attentionOf, mostAttended } from './attention.js'
import type { SourceAttention } from './model.js'

/** What a search found for one sentence. */
export interface Hypothesis {
  /** The generated tokens, without the prompt and without the end-of-sentence token. */
  readonly tokens: Int32Array
  /** The model's natural-log probability of each token, then that of the end-of-sentence token when there is one. */
  readonly tokenLogProbs: Float32Array
  /** The sum of `tokenLogProbs`. */
  readonly logProb: number
  /** True when it ended with an end-of-sentence token, false when `maxLength` cut it off. */
  readonly finished: boolean
  /** Of models that give attention: (tokens × source positions) how much each token looked at each position. */
  readonly attention?: Float32Array
  /** Of models that give attention: for each token, the source position that it looked at most. */
  readonly alignment?: Int32Array
}

/**
 * A hypothesis with the score that ranked it: the sum of log-probabilities, as lowered by filters, over the length
 * penalty, plus the coverage penalty.
 */
export interface RankedHypothesis extends Hypothesis {
  readonly score: number
}

/** A generated token and what came before it: hypotheses share their common beginnings. */
export interface Path {
  readonly token: number
  /** The model's log-probability of the token. */
  readonly logProb: number
  /** What the token looked at: row `row` of a step's attention, when the model gives any. */
  readonly attention: SourceAttention | undefined
  readonly row: number
  readonly previous: Path | undefined
}

/** The nodes of a path of `length` tokens, in order. */
function pathNodes(path: Path | undefined, length: number): Path[] {
  const nodes = new Array<Path>(length)
  for (let i = length - 1, node = path; i >= 0 && node !== undefined; i--, node = node.previous) nodes[i] = node
  return nodes
}

/** The tokens of a path of `length` tokens, in order. */
export function pathTokens(path: Path | undefined, length: number): Int32Array {
  const tokens = new Int32Array(length)
  for (let i = length - 1, node = path; i >= 0 && node !== undefined; i--, node = node.previous) tokens[i] = node.token
  return tokens
}

/** How a path ended. */
export interface Ending {
  readonly path: Path | undefined
  /** Tokens on the path. */
  readonly length: number
  /** The model's log-probability, the end-of-sentence token included. */
  readonly logProb: number
  /** That of the end-of-sentence token; undefined where there is none. */
  readonly endLogProb: number | undefined
  /** Whether the model gives attention. */
  readonly aligned: boolean
}

/** A path as what a search returns. */
export function hypothesisOf({ path, length, logProb, endLogProb, aligned }: Ending): Hypothesis {
  const nodes = pathNodes(path, length)
  const tokenLogProbs = nodes.map((node) => node.logProb)
  if (endLogProb !== undefined) tokenLogProbs.push(endLogProb)
  return {
    tokens: Int32Array.from(nodes, ({ token }) => token),
    tokenLogProbs: Float32Array.from(tokenLogProbs),
    logProb,
    finished: endLogProb !== undefined,
    ...(aligned && attentionOfPath(nodes)),
  }
}

function attentionOfPath(nodes: readonly Path[]): Pick<Hypothesis, 'attention' | 'alignment'> {
  const rows = nodes.map(({ attention, row }) => attentionOf(attention!, row))
  const attention = new Float32Array(rows.length * (rows[0]?.length ?? 0))
  rows.forEach((row, i) => attention.set(row, i * row.length))
  return { attention, alignment: Int32Array.from(rows, mostAttended) }
}
