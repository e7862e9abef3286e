/** Held-out predictions of a classifier. */
export interface Classified {
  /** (N, V), row-major, before softmax. */
  logits: ArrayLike<number>
  /** V */
  classes: number
  /** (N), each in 0 … V − 1. */
  labels: ArrayLike<number>
}

/** Throws unless the sizes agree, every label is a class and every logit finite. Returns N. */
export function expectClassified({ logits, classes, labels }: Classified): number {
  const rows = labels.length
  if (rows === 0) throw new Error('Calibration needs one labelled example at least, got none.')
  if (logits.length !== rows * classes) {
    throw new Error(`${rows} labels of ${classes} classes need ${rows * classes} logits, got ${logits.length}.`)
  }
  for (let i = 0; i < rows; i++) {
    const label = labels[i] as number
    if (!Number.isInteger(label) || label < 0 || label >= classes) {
      throw new Error(`Each label must lie in 0 … ${classes - 1}, got ${label} at ${i}.`)
    }
  }
  for (let i = 0; i < logits.length; i++) {
    if (!Number.isFinite(logits[i] as number)) throw new Error(`Each logit must be finite, got ${logits[i]} at ${i}.`)
  }
  return rows
}

/** What a classifier is sure of, and whether it is right, example by example. */
export interface Confidences {
  /** The probability of the class that it chose: (N). */
  confidences: Float64Array
  /** 1 where that class is the label: (N). */
  correct: Uint8Array
}

/** The confidences of softmax(logits / temperature). */
export function confidencesOf(data: Classified, temperature = 1): Confidences {
  const rows = expectClassified(data)
  const { logits, classes, labels } = data
  const confidences = new Float64Array(rows)
  const correct = new Uint8Array(rows)
  for (let i = 0; i < rows; i++) {
    let best = 0
    for (let j = 1; j < classes; j++) if (at(logits, i * classes + j) > at(logits, i * classes + best)) best = j
    let total = 0
    for (let j = 0; j < classes; j++) {
      total += Math.exp((at(logits, i * classes + j) - at(logits, i * classes + best)) / temperature)
    }
    confidences[i] = 1 / total
    correct[i] = best === labels[i] ? 1 : 0
  }
  return { confidences, correct }
}

function at(values: ArrayLike<number>, i: number): number {
  return values[i] as number
}
