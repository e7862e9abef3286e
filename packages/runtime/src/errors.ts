/** Errors of the device, and what ONNX Runtime says of them in words that say what to do. */

/** The memory of the computer or of the device does not suffice. Smaller batches or shapes may still be computed. */
export class OutOfMemoryError extends Error {
  override name = 'OutOfMemoryError'
}

/** The device stopped answering, and what was in its memory is gone. */
export class DeviceLostError extends Error {
  override name = 'DeviceLostError'
}

const REMEDY = 'Make the batch or the shapes smaller, or dispose of tensors that are no longer needed.'

export function outOfMemory(what: string, cause?: unknown): OutOfMemoryError {
  return new OutOfMemoryError(`Out of memory: ${what}. ${REMEDY}`, { cause })
}

/** An error of ONNX Runtime as one of ours where its text is known, or as it was. */
export function explain(error: unknown): unknown {
  if (!(error instanceof Error)) return error
  const text = error.message
  if (/device (is|was) lost|device lost|lost device|DEVICE_LOST|CUDA failure (46|100|700|719|999)\b/i.test(text)) {
    return new DeviceLostError(
      'The device was lost: its driver was reset, or it was unplugged or put to sleep. Tensors in its memory are gone; ' +
        `restart the process and resume from the last checkpoint. (${firstLine(text)})`,
      { cause: error },
    )
  }
  const limit = /Buffer size \((\d+)\) exceeds the max buffer size limit \((\d+)\)/.exec(text)
  if (limit) return outOfMemory(`a tensor of ${bytes(limit[1])} is larger than the ${bytes(limit[2])} that the device takes in one piece`, error)
  if (/Too many storage buffers in shader/.test(text)) {
    return outOfMemory('an operator uses larger or more tensors than the device lets one shader use', error)
  }
  const requested = /requested (?:buffer of size|bytes of) (\d+)/.exec(text)
  if (requested) return outOfMemory(`${bytes(requested[1])} more could not be allocated`, error)
  if (/bad_alloc|out of memory|OUT_OF_(DEVICE|HOST)_MEMORY|\[Invalid Buffer.*due to a previous error/i.test(text)) {
    return outOfMemory('the device could not allocate what the graph needs', error)
  }
  return error
}

function bytes(count: string | undefined): string {
  const number = Number(count)
  return number >= 2 ** 20 ? `${Math.round(number / 2 ** 20).toLocaleString('en')} MiB` : `${number} bytes`
}

function firstLine(text: string): string {
  return text.split('\n')[0] as string
}
