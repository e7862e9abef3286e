import { Random } from '@parlance/runtime'

/**
 * Windows of length + 1 tokens at random places, as nanoGPT draws them: int32 (batch × (length + 1)), a function of seed
 * and step alone. The first `length` tokens of a row predict its last `length`.
 */
export function randomWindows(
  tokens: Int32Array,
  { batch, length, seed, step }: { batch: number; length: number; seed: number; step: number },
): Int32Array {
  const random = new Random(seed, 'batch', step)
  const rows = new Int32Array(batch * (length + 1))
  for (let row = 0; row < batch; row++) {
    const start = random.integer(tokens.length - length)
    rows.set(tokens.subarray(start, start + length + 1), row * (length + 1))
  }
  return rows
}

/**
 * Contiguous windows for truncated backpropagation through time: the text in `batch` equal rows, each window beginning
 * where the row's last one ended, as in PyTorch's word_language_model example. After the rows' end they begin anew.
 *
 * @returns the rows as for `randomWindows`, and whether they begin the text
 */
export function contiguousWindows(
  tokens: Int32Array,
  { batch, length, step }: { batch: number; length: number; step: number },
): { rows: Int32Array; first: boolean } {
  const rowLength = Math.floor(tokens.length / batch)
  const windows = Math.floor((rowLength - 1) / length)
  const window = (step - 1) % windows
  const rows = new Int32Array(batch * (length + 1))
  for (let row = 0; row < batch; row++) {
    const start = row * rowLength + window * length
    rows.set(tokens.subarray(start, start + length + 1), row * (length + 1))
  }
  return { rows, first: window === 0 }
}

/** How many tokens a text needs for one batch of either kind. */
export function tokensNeeded(model: 'transformer' | 'lstm', batch: number, length: number): number {
  return model === 'transformer' ? length + 1 : batch * (length + 1)
}
