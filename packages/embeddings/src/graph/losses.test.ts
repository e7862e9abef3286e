import { checkGradients } from '@parlance/nn'
import { tf, useDevice } from '@parlance/runtime'
import { beforeAll, describe, expect, it } from 'vitest'
import { logisticOfAll, negativeLoss, softmaxOfAll } from './losses.js'
import { wave } from './testing.js'

beforeAll(() => useDevice('cpu', { threads: 1 }))

const ids = (...values: number[]) => tf.tensor1d(values, 'int32')
/** Query 0 has answers 2 and 4, query 1 has 1; query 2 and the last answer are padding. */
const answers = () => ({ rows: ids(0, 0, 1, 0), answers: ids(2, 4, 1, 2), placed: tf.tensor1d([1, 1, 1, 0]), weights: tf.tensor1d([2, 1, 0]) })
/** ComplEx's of models.test.ts, and a row of padding. */
const scores = [
  [1.6655884, -1.5602037, -0.2046942, -0.6052813, -0.7976825],
  [-0.6387308, -1.2418387, 2.1066513, 1.0623351, -0.6554334],
  [9, 9, 9, 9, 9],
]

describe('losses against all entities', () => {
  it('are PyTorch\'s', () => {
    // -(F.log_softmax(s, 1) * y).sum() and F.binary_cross_entropy_with_logits(s, y, reduction='sum'), float64
    expect(softmaxOfAll(tf.tensor2d(scores), answers()).dataSync()[0]).toBeCloseTo(8.7444261, 5)
    expect(logisticOfAll(tf.tensor2d(scores), answers()).dataSync()[0]).toBeCloseTo(10.3536888, 5)
  })

  it('have the gradients of numerical differences, and none in padding', async () => {
    for (const loss of [softmaxOfAll, logisticOfAll]) {
      const x = tf.variable(tf.tensor2d(scores))
      expect(await checkGradients(() => loss(x, answers()), [x])).toBeLessThan(1e-3)
      const gradient = tf.grad((x) => loss(x, answers()))(x)
      expect([...gradient.dataSync()].slice(10)).toEqual([0, 0, 0, 0, 0])
    }
  })

  it('is the same softmax loss with the answers of a query in one row or in several', () => {
    const together = softmaxOfAll(tf.tensor2d(scores), answers())
    const apart = { rows: ids(0, 1, 2), answers: ids(2, 4, 1), placed: tf.tensor1d([1, 1, 1]), weights: tf.tensor1d([1, 1, 1]) }
    const single = softmaxOfAll(tf.tensor2d([scores[0]!, scores[0]!, scores[1]!]), apart)
    expect(single.dataSync()[0]).toBeCloseTo(together.dataSync()[0]!, 5)
  })

  it('does not overflow', () => {
    const far = tf.tensor2d([[1000, -1000, 0, 0, 0], [0, 800, 0, 0, 0], [0, 0, 0, 0, 0]])
    expect(softmaxOfAll(far, answers()).dataSync()[0]).toBeCloseTo(2000, 2)
  })
})

describe('losses against drawn entities', () => {
  const [positive, negatives] = [[[0.5], [-0.3]], [[0.1, 0.9, -0.4], [1.2, -0.7, 0.2]]]
  const losses = [
    // F.cross_entropy(cat([p, n], 1), [0, 0], reduction='none')
    [{ loss: 'softmax', margin: 0, adversarial: 0 }, [1.2722054, 2.0542174]],
    // -logsigmoid(p + 2) - (softmax(0.5 * n, 1) * logsigmoid(-n - 2)).sum(1)
    [{ loss: 'logistic', margin: 2, adversarial: 0.5 }, [2.5282746, 2.7936339]],
    // relu(n - p + 0.6).mean(1)
    [{ loss: 'margin', margin: 0.6, adversarial: 0 }, [0.4, 1.1333333]],
  ] as const

  it.each(losses)('%o is PyTorch\'s', (options, wanted) => {
    const found = negativeLoss(tf.tensor2d(positive), tf.tensor2d(negatives), tf.ones([2, 3]), options)
    for (const [i, value] of found.dataSync().entries()) expect(value).toBeCloseTo(wanted[i]!, 5)
    // A negative that is the answer itself changes nothing.
    const one = tf.tensor2d([[5], [5]])
    const mask = tf.concat([tf.ones([2, 3]), tf.zeros([2, 1])], 1)
    const masked = negativeLoss(tf.tensor2d(positive), tf.concat([tf.tensor2d(negatives), one], 1), mask, options)
    for (const [i, value] of masked.dataSync().entries()) expect(value).toBeCloseTo(wanted[i]!, 5)
  })

  it('has the gradient of numerical differences', async () => {
    const [p, n] = [tf.variable(tf.tensor2d(wave(3), [3, 1])), tf.variable(tf.tensor2d(wave(12, 2), [3, 4]))]
    for (const loss of ['softmax', 'logistic'] as const) {
      const terms = () => negativeLoss(p, n, tf.ones([3, 4]), { loss, margin: 1, adversarial: 0 })
      expect(await checkGradients(terms, [p, n])).toBeLessThan(1e-3)
    }
  })

  it('has no gradient through self-adversarial weights', () => {
    const [p, n] = [tf.tensor2d([[0.5]]), tf.tensor2d([[0.1, 0.9, -0.4]])]
    const gradient = tf.grad((n) => tf.sum(negativeLoss(p, n, tf.ones([1, 3]), { loss: 'logistic', margin: 0, adversarial: 2 })))(n)
    const weights = tf.softmax(tf.mul(n, 2)).dataSync()
    const wanted = tf.sigmoid(n).dataSync().map((slope, i) => slope * weights[i]!)
    for (const [i, value] of gradient.dataSync().entries()) expect(value).toBeCloseTo(wanted[i]!, 6)
  })
})
