import { checkGradients } from '@parlance/nn'
import { tf, useDevice } from '@parlance/runtime'
import { beforeAll, describe, expect, it } from 'vitest'
import { graphTrainingSchema } from '../config.js'
import { wave } from '../testing.js'
import { createGraphModel } from './create.js'

beforeAll(() => useDevice('cpu', { threads: 1 }))

/**
 * Scores of (entity 0, relation 1) and (entity 3, relation 2) with 5 entities of 6 numbers, wave(30), and 4 relations,
 * wave(…, 1), from PyTorch 1.13 in float64: `torch.real((h * r) @ t.conj().T)`, `(h * r) @ t.T`, `einsum('ni,nij,kj->nk')`,
 * `-torch.cdist(h + r, t, p)`, `-(h * torch.polar(1, r * pi) - t).abs().sum(-1)`, `-(|…| ** 2).sum(-1).sqrt()`.
 * Squared distances are these squares.
 */
const known = {
  complex: [1.6655884, -1.5602037, -0.2046942, -0.6052813, -0.7976825, -0.6387308, -1.2418387, 2.1066513, 1.0623351, -0.6554334],
  distmult: [0.869045, 0.046971, -1.1756754, 0.4577886, -0.7912342, -0.0177281, 0.1705783, 0.7501752, -0.1710695, 0.4896925],
  rescal: [-0.0762297, -6.1458487, 0.8055734, -1.6415108, -0.9529924, -0.7061239, -3.4038978, 0.3218926, -0.2701021, -0.6227494],
  'transe 2': [-1.3345859, -2.3933938, -3.7784014, -3.349578, -3.1417214, -3.6578968, -2.9256176, -1.4759121, -1.9928707, -2.7553084],
  'transe 1': [-2.8485421, -4.8695992, -8.7161322, -7.0668444, -6.4548046, -7.4343242, -6.060683, -2.8229284, -4.4894044, -4.9964776],
  'rotate 1': [-3.7822046, -4.4204263, -3.6009306, -4.1427894, -3.491778, -5.1399835, -4.9893977, -2.0877227, -1.5926723, -3.3151265],
  'rotate 2': [-2.6080969, -2.7193007, -2.390362, -2.4923528, -2.2484143, -3.1157555, -2.911393, -1.3987425, -1.3400017, -2.1673373],
}
const squares = (scores: readonly number[]) => scores.map((score) => -(score ** 2))
const all: [string, readonly number[]][] = [
  ...Object.entries(known), ['transe 2 squared', squares(known['transe 2'])], ['rotate 2 squared', squares(known['rotate 2'])],
]

function build(name: string, reciprocal: boolean) {
  const [model, norm = '2', squared] = name.split(' ')
  const config = graphTrainingSchema.parse({ model, norm: Number(norm), squared: squared !== undefined, dim: 6, reciprocal, trainingType: 'negative-sampling' })
  const built = createGraphModel(config, { entities: 5, relations: reciprocal ? 2 : 4 })
  for (const [table, phase] of [[built.entities, 0], [built.relations, 1]] as const) {
    tf.tidy(() => table.assign(tf.tensor(wave(table.size, phase), table.shape)))
  }
  return built
}

/** Of scores of up to 14. */
const tolerance = 4e-6
const ids = (...values: number[]) => tf.tensor1d(values, 'int32')

describe.each(all)('%s', (name, scores) => {
  it('scores as PyTorch does', () => {
    const model = build(name, true)
    expect(model.relations.shape[0]).toBe(4)
    const found = model.scoreAll(model.ask(ids(0, 3), ids(1, 2)).queries, model.entities)
    expect(found.shape).toEqual([2, 5])
    for (const [i, value] of found.dataSync().entries()) expect(Math.abs(value - scores[i]!)).toBeLessThan(tolerance)
  })

  it('scores own candidates as all', () => {
    const model = build(name, true)
    const { queries } = model.ask(ids(0, 3), ids(1, 2))
    const own = model.scoreOwn(queries, tf.gather(model.entities, tf.tensor2d([[4, 0], [2, 2]], [2, 2], 'int32')))
    const wanted = [scores[4]!, scores[0]!, scores[7]!, scores[7]!]
    for (const [i, value] of own.dataSync().entries()) expect(Math.abs(value - wanted[i]!)).toBeLessThan(tolerance)
  })

  it('gives a triple the same score from both sides, without reciprocal relations', () => {
    const model = build(name, false)
    for (const [head, relation, tail] of [[0, 1, 4], [3, 2, 2], [2, 3, 1]] as const) {
      const { queries } = model.ask(ids(head, tail), ids(relation, relation + 4))
      const all = model.scoreAll(queries, model.entities).dataSync()
      expect(Math.abs(all[tail]! - all[5 + head]!)).toBeLessThan(tolerance)
    }
  })

  it('has the gradient of its numerical differences', async () => {
    const model = build(name, false)
    const scores = () => model.scoreAll(model.ask(ids(0, 3, 1), ids(1, 2, 7)).queries, model.entities)
    // A smaller step where a distance has corners: where a difference or one of its components is 0.
    const epsilon = name.endsWith(' 1') ? 1e-3 : 1e-2
    expect(await checkGradients(scores, [model.entities, model.relations], { epsilon })).toBeLessThan(1e-3)
  })
})
