import { z } from 'zod'

export const OPERATORS = ['identity', 'translation', 'diagonal', 'complex-diagonal', 'linear', 'affine'] as const
export const COMPARATORS = ['dot', 'cos', 'l2', 'squared-l2'] as const
export const LOSSES = ['softmax', 'logistic', 'margin'] as const

const count = z.int().min(1)
const positive = z.number().positive()

/** How a large graph is trained: what a JSON config holds, every field also a flag. */
export const largeGraphTrainingSchema = z.object({
  dim: count.multipleOf(8).default(64).describe('numbers of a vector, a multiple of eight'),
  operator: z.enum(OPERATORS).default('translation').describe('what a relation does to the vectors on its right side'),
  comparator: z.enum(COMPARATORS).default('dot').describe('of left and right side; distances are negative'),
  loss: z.enum(LOSSES).default('softmax').describe('of an edge against those with another entity'),
  margin: z.number().min(0).default(0.1).describe('of the loss margin'),
  batch: count.default(64).describe('edges of one relation that are negatives for each other'),
  uniform: z.int().min(0).default(64).describe('entities that are drawn as negatives for each side of a batch'),
  learningRate: positive.default(0.1).describe('of row-wise Adagrad'),
  operatorRate: positive.default(0.01).describe('of the operators\' Adagrad'),
  deviation: positive.default(0.001).describe('standard deviation of the first vectors'),
  epochs: count.default(10).describe('passes over the edges'),
  seed: z.int().min(0).default(1).describe('of first vectors, order and negatives'),
})

export type LargeGraphTraining = z.output<typeof largeGraphTrainingSchema>

/** Parameters of a relation, padded to eight. */
export function operatorSize({ operator, dim }: Pick<LargeGraphTraining, 'operator' | 'dim'>): number {
  if (operator === 'identity') return 8
  if (operator === 'linear') return dim * dim
  return operator === 'affine' ? dim * dim + dim : dim
}

/** The parameters that leave vectors as they are. */
export function neutralOperator(config: Pick<LargeGraphTraining, 'operator' | 'dim'>): Float32Array {
  const { operator, dim } = config
  const values = new Float32Array(operatorSize(config))
  if (operator === 'diagonal') values.fill(1)
  if (operator === 'complex-diagonal') values.fill(1, 0, dim / 2)
  if (operator === 'linear' || operator === 'affine') for (let i = 0; i < dim; i++) values[i * dim + i] = 1
  return values
}
