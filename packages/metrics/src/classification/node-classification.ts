import { MetricError } from '../error.js'
import { mulberry32 } from '../significance/random.js'
import { classify, fitLogisticRegression, type LogisticRegressionOptions } from './logistic-regression.js'

export interface NodeClassificationOptions extends LogisticRegressionOptions {
  /** Of the labelled nodes, to learn from; the others are classified. Default 0.5. */
  readonly share?: number
  /** Splits at random. Default 10. */
  readonly repeats?: number
  /** Default 1. */
  readonly seed?: number
}

export interface MeanAndDeviation {
  readonly mean: number
  /** Standard deviation over the splits (n − 1). */
  readonly deviation: number
}

export interface NodeClassification {
  /** Share of the nodes that get their label: micro-F1 where each has one label. */
  readonly accuracy: MeanAndDeviation
  /** Mean of the F1 of the classes; one that is neither there nor predicted in a split has none. */
  readonly macroF1: MeanAndDeviation
  readonly nodes: number
  readonly classes: readonly string[]
  readonly repeats: number
  readonly trainingNodes: number
}

/**
 * What vectors tell about the classes of what they stand for (as in Perozzi et al. 2014): a logistic regression learns from
 * some labelled nodes and classifies the others, over several splits.
 *
 * @param vectors rows of equal width
 * @param labels the class of each row
 * @throws MetricError for fewer than two classes, or a share that leaves nothing to learn from or to classify
 */
export function nodeClassification(
  vectors: readonly ArrayLike<number>[],
  labels: readonly string[],
  { share = 0.5, repeats = 10, seed = 1, ...fitting }: NodeClassificationOptions = {},
): NodeClassification {
  if (vectors.length !== labels.length) throw new MetricError(`node classification needs a label for each vector, got ${labels.length} for ${vectors.length}`)
  const classes = [...new Set(labels)].toSorted()
  if (classes.length < 2) throw new MetricError(`node classification needs two classes at least, got ${classes.length}`)
  const trainingNodes = Math.round(share * labels.length)
  if (!(trainingNodes > 0 && trainingNodes < labels.length)) throw new MetricError(`the share to learn from must leave nodes on either side, got ${share} of ${labels.length}`)
  if (!Number.isSafeInteger(repeats) || repeats < 1) throw new MetricError(`repeats must be a whole number from 1 on, got ${repeats}`)
  const ids = Int32Array.from(labels, (label) => classes.indexOf(label))
  const random = mulberry32(seed)
  const rounds = Array.from({ length: repeats }, () => {
    const order = shuffled(labels.length, random)
    const [train, test] = [order.subarray(0, trainingNodes), order.subarray(trainingNodes)]
    const rows = (of: Int32Array) => Array.from(of, (i) => vectors[i]!)
    const model = fitLogisticRegression(rows(train), train.map((i) => ids[i]!), classes.length, fitting)
    return scores(classify(model, rows(test)), test.map((i) => ids[i]!), classes.length)
  })
  return {
    accuracy: meanAndDeviation(rounds.map(({ accuracy }) => accuracy)),
    macroF1: meanAndDeviation(rounds.map(({ macroF1 }) => macroF1)),
    nodes: labels.length,
    classes,
    repeats,
    trainingNodes,
  }
}

/** 0 … size − 1 in random order (Fisher and Yates). */
function shuffled(size: number, random: () => number): Int32Array {
  const order = Int32Array.from({ length: size }, (_, i) => i)
  for (let i = size - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1))
    const held = order[i]!
    order[i] = order[j]!
    order[j] = held
  }
  return order
}

function scores(predicted: Int32Array, right: Int32Array, classes: number): { accuracy: number; macroF1: number } {
  const [hits, predictions, members] = [new Int32Array(classes), new Int32Array(classes), new Int32Array(classes)]
  for (const [i, label] of right.entries()) {
    members[label]!++
    predictions[predicted[i]!]!++
    if (predicted[i] === label) hits[label]!++
  }
  const f1 = Array.from({ length: classes }, (_, c) => (2 * hits[c]!) / (predictions[c]! + members[c]!)).filter((value) => !Number.isNaN(value))
  return { accuracy: hits.reduce((a, b) => a + b, 0) / right.length, macroF1: f1.reduce((a, b) => a + b, 0) / f1.length }
}

function meanAndDeviation(values: readonly number[]): MeanAndDeviation {
  const mean = values.reduce((a, b) => a + b, 0) / values.length
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0)
  return { mean, deviation: values.length > 1 ? Math.sqrt(squares / (values.length - 1)) : 0 }
}
