import { UsageError } from '@parlance/nn/command-line'

/**
 * A piece of text that is scored at once: tokens[start … end − 1] go in and predict tokens[start + 1 … end], of which
 * those from tokens[scoredFrom] on count.
 */
export interface Window {
  readonly start: number
  readonly end: number
  readonly scoredFrom: number
}

export interface WindowOptions {
  /** The most tokens that go in at once. */
  readonly context: number
  /**
   * Tokens between the starts of windows, 1 … context. With `context`, windows do not overlap and predictions see from 1
   * to `context` tokens; with fewer, all but those of the first window see at least context − stride + 1.
   */
  readonly stride: number
}

/**
 * Windows that score every token of a text but the first, each once: the first token is given, and the last window may
 * be shorter.
 *
 * @throws UsageError for a context or stride that cannot work
 */
export function* scoringWindows(length: number, { context, stride }: WindowOptions): Generator<Window> {
  if (!(Number.isInteger(context) && context >= 1)) throw new UsageError(`The context must be a whole number of 1 or more, got ${context}.`)
  if (!(Number.isInteger(stride) && stride >= 1 && stride <= context)) {
    throw new UsageError(`The stride must be a whole number from 1 to the context of ${context}, got ${stride}.`)
  }
  let scored = 1
  for (let start = 0; scored < length; start += stride) {
    const end = Math.min(start + context, length - 1)
    yield { start, end, scoredFrom: scored }
    scored = end + 1
  }
}

/** Ids and targets of some windows as rows of `context`, int32; targets that do not count are −100. */
export function windowRows(
  tokens: Int32Array,
  windows: readonly Window[],
  { context, rows }: { context: number; rows: number },
): { ids: Int32Array; targets: Int32Array } {
  const ids = new Int32Array(rows * context)
  const targets = new Int32Array(rows * context).fill(-100)
  for (const [row, { start, end, scoredFrom }] of windows.entries()) {
    ids.set(tokens.subarray(start, end), row * context)
    targets.set(tokens.subarray(scoredFrom, end + 1), row * context + scoredFrom - 1 - start)
  }
  return { ids, targets }
}
