import { perplexity } from '@parlance/metrics'

/** A model's figures on a text, by their names in JSON. */
export interface Figures {
  model: string
  tokens: number
  nll: number
  perplexity: number
  word_perplexity: number
  bits_per_byte: number
  /** The most tokens that a prediction sees; null: everything before. */
  context: number | null
  stride: number | null
  words: number
  bytes: number
  denominators: { tokens: string; words: string; bytes: string }
}

export interface Counts {
  /** Predictions made. */
  tokens: number
  words: number
  bytes: number
}

/** All figures from a summed negative log-likelihood in nats. `unit` says what the tokens are. */
export function figures(options: {
  model: string
  nll: number
  counts: Counts
  unit: string
  context: number | null
  stride: number | null
}): Figures {
  const { model, nll, counts, unit, context, stride } = options
  const { perplexity: perToken, wordPerplexity = NaN, bitsPerByte = NaN } = perplexity(nll, counts)
  return {
    model,
    tokens: counts.tokens,
    nll,
    perplexity: perToken,
    word_perplexity: wordPerplexity,
    bits_per_byte: bitsPerByte,
    context,
    stride,
    words: counts.words,
    bytes: counts.bytes,
    denominators: {
      tokens: `${unit}, all of the text but the first, which is given`,
      words: 'runs without white space, and one <eos> for each line, of the whole text',
      bytes: 'UTF-8 bytes of the whole text',
    },
  }
}

/** Figures for people, one a line. */
export function formatFigures(figures: Figures): string {
  const { tokens, words, bytes, denominators, context, stride } = figures
  const lines = [
    ['model', figures.model, ''],
    ['negative log-likelihood', figures.nll.toFixed(2), 'nats'],
    ['perplexity', figures.perplexity.toFixed(4), `over ${tokens} tokens: ${denominators.tokens}`],
    ['word perplexity', wide(figures.word_perplexity), `over ${words} words: ${denominators.words}`],
    ['bits per byte', figures.bits_per_byte.toFixed(4), `over ${bytes} bytes: ${denominators.bytes}`],
    ['context', context === null ? 'all' : String(context), 'tokens before a prediction at most'],
    ...(stride === null ? [] : [['stride', String(stride), 'tokens between windows']]),
  ] as [string, string, string][]
  return lines.map(([name, value, note]) => `${name.padEnd(24)}${value.padEnd(14)}${note}`.trimEnd()).join('\n')
}

/** Figures of several models on one text as a table. */
export function formatTable(rows: readonly Figures[]): string {
  const cells = [
    ['model', 'tokens', 'perplexity', 'word perplexity', 'bits per byte'],
    ...rows.map((row) => [
      row.model,
      String(row.tokens),
      row.perplexity.toFixed(2),
      wide(row.word_perplexity),
      row.bits_per_byte.toFixed(4),
    ]),
  ]
  const widths = cells[0]?.map((_, column) => Math.max(...cells.map((row) => row[column]?.length ?? 0))) ?? []
  const line = (row: string[]) =>
    row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0))).join('  ')
  return cells.map(line).join('\n')
}

/** A word perplexity, which for poor models is too long to write out. */
function wide(value: number): string {
  return value >= 1e6 ? value.toExponential(3) : value.toFixed(2)
}
