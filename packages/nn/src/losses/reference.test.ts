import { tf } from '@parlance/runtime'
import { beforeAll, describe, expect, it } from 'vitest'
import fixture from '../fixtures/losses.json' with { type: 'json' }
import { example, useTestDevice } from '../testing.js'
import { binaryCrossEntropy } from './binary-cross-entropy.js'
import { expectLoss } from '../testing/check-loss.js'
import { contrastive, cosineEmbedding } from './contrastive.js'
import { crossEntropy } from './cross-entropy.js'
import { distillation, jensenShannonDivergence, klDivergence } from './divergence.js'
import { binaryFocal, focal } from './focal.js'
import { hinge, multiClassHinge } from './hinge.js'
import { infoNCE } from './info-nce.js'
import { marginRanking } from './margin-ranking.js'
import { absoluteError, huber, squaredError } from './regression.js'
import type { SummedLoss } from './summed.js'
import { triplet, tripletHard, tripletSemiHard } from './triplet.js'

beforeAll(useTestDevice)

interface Case {
  /** Shape and phase of each variable's values: those of `example`. */
  inputs: [shape: number[], phase: number][]
  loss: (...inputs: tf.Tensor[]) => SummedLoss
}

const int = (values: number[]): tf.Tensor => tf.tensor1d(values, 'int32')
const weights = (): tf.Tensor => tf.tensor1d([1, 0, 0.5, 2])
const rowWeights = (): tf.Tensor => tf.tensor2d([[1], [0], [0.5], [2]])
const decisions = (): tf.Tensor => tf.tensor2d([[1, 0, 1], [0, 0, 1], [1, 1, 0], [0, 1, 0]], [4, 3], 'int32')
/** The values of `example`, as no variable may be created in a trace. */
const constant = (shape: number[], phase: number): tf.Tensor =>
  tf.tensor(Float32Array.from({ length: 20 }, (_, i) => Math.sin(1.7 * i + 0.3 * i * i + phase)), shape)
const pairs: Case['inputs'] = [[[4, 3], 0], [[4, 3], 1]]

const cases: Record<keyof typeof fixture.cases, Case> = {
  squaredError: { inputs: pairs, loss: (a, b) => squaredError(a!, b!) },
  absoluteError: { inputs: pairs, loss: (a, b) => absoluteError(a!, b!) },
  huber: { inputs: pairs, loss: (a, b) => huber(a!, b!, { delta: 0.5 }) },
  'huber weighted': { inputs: pairs, loss: (a, b) => huber(a!, b!, { delta: 0.5, weights: rowWeights() }) },
  binaryCrossEntropy: { inputs: [[[4, 3], 0]], loss: (x) => binaryCrossEntropy(tf.mul(x!, 3), decisions()) },
  'binaryCrossEntropy weighted': {
    inputs: [[[4, 3], 0]],
    loss: (x) =>
      binaryCrossEntropy(tf.mul(x!, 3), decisions(), { positiveWeight: tf.tensor1d([1, 3, 0.5]), weights: rowWeights() }),
  },
  klDivergence: {
    inputs: [[[4, 5], 0]],
    loss: (x) => klDivergence(tf.mul(x!, 2), tf.softmax(tf.mul(constant([4, 5], 1), 2)), { weights: weights() }),
  },
  distillation: {
    inputs: [[[4, 5], 0]],
    loss: (x) => distillation(x!, tf.mul(constant([4, 5], 2), 4), { temperature: 3 }),
  },
  jensenShannonDivergence: {
    inputs: [[[4, 5], 0], [[4, 5], 2]],
    loss: (x, z) => jensenShannonDivergence(tf.mul(x!, 2), tf.mul(z!, 3)),
  },
  hinge: { inputs: [[[4, 3], 0]], loss: (x) => hinge(tf.mul(x!, 1.5), decisions()) },
  multiClassHinge: {
    inputs: [[[4, 3], 0]],
    loss: (x) => multiClassHinge(x!, int([2, 0, 1, 1]), { margin: 0.8, weights: weights() }),
  },
  binaryFocal: { inputs: [[[4, 3], 0]], loss: (x) => binaryFocal(tf.mul(x!, 2), decisions(), { positiveShare: 0.25 }) },
  focal: { inputs: [[[4, 3], 0]], loss: (x) => focal(tf.mul(x!, 2), int([2, 0, 1, 1]), { focus: 1.5 }) },
  contrastive: { inputs: pairs, loss: (a, b) => contrastive(a!, b!, int([1, 0, 0, 1]), { margin: 2 }) },
  cosineEmbedding: {
    inputs: pairs,
    loss: (a, b) => cosineEmbedding(a!, b!, int([1, 0, 0, 1]), { margin: -0.5, weights: weights() }),
  },
  triplet: { inputs: [...pairs, [[4, 3], 2.5]], loss: (a, b, c) => triplet(a!, b!, c!, { margin: 1.6 }) },
  marginRanking: {
    inputs: [[[4, 1], 0], [[4, 3], 1]],
    loss: (higher, lower) => marginRanking(higher!, lower!, { margin: 0.3, weights: rowWeights() }),
  },
  infoNCE: { inputs: pairs, loss: (q, k) => infoNCE(q!, k!, { temperature: 0.5 }) },
  'infoNCE symmetric': { inputs: pairs, loss: (q, k) => infoNCE(q!, k!, { temperature: tf.scalar(0.5), symmetric: true }) },
  'infoNCE masked': {
    inputs: [...pairs, [[2, 3], 2]],
    loss: (q, k, negatives) => infoNCE(q!, k!, { temperature: 1, normalize: false, mask: int([1, 1, 0, 1]), negatives: negatives! }),
  },
  'crossEntropy weighted': {
    inputs: [[[4, 5], 0]],
    loss: (x) => crossEntropy(tf.mul(x!, 3), int([0, 4, -100, 1]), { labelSmoothing: 0.1, weights: weights() }),
  },
  tripletHard: { inputs: [[[6, 2], 0.4]], loss: (x) => tripletHard(x!, int([0, 1, 0, 1, 1, 2]), { margin: 0.5 }) },
  tripletSemiHard: { inputs: [[[6, 2], 0.4]], loss: (x) => tripletSemiHard(x!, int([0, 1, 0, 1, 1, 2]), { margin: 0.5 }) },
}

describe('losses agree with PyTorch and with differences, eager and traced', () => {
  it.each(Object.keys(cases) as (keyof typeof cases)[])('%s', async (name) => {
    const { inputs, loss } = cases[name]
    const variables = inputs.map(([shape, phase]) => example(shape, phase))
    await expectLoss(() => loss(...variables), variables, fixture.cases[name], { epsilon: 0.002 })
    expect(fixture.cases[name].gradients.flat().some((value) => value !== 0)).toBe(true)
  })
})
