import { z } from 'zod'

const count = z.int().min(1)
const positive = z.number().positive()
const nonNegative = z.number().min(0)
const share = z.number().min(0).lt(1)

/** How a graph model is trained: what a JSON config holds, every field also a flag. */
export const graphTrainingSchema = z
  .object({
    model: z.enum(['complex', 'distmult', 'transe', 'rotate', 'rescal']).default('complex').describe('the score'),
    dim: count.default(200).describe('numbers an entity has; of complex ones (complex, rotate) twice the rank'),
    norm: z.union([z.literal(1), z.literal(2)]).default(2).describe('of the distance of transe and rotate: 1 or 2'),
    squared: z.boolean().default(false).describe('the square of that distance, of norm 2'),
    reciprocal: z.boolean().default(true).describe('a second vector for each relation, to ask for heads'),
    trainingType: z
      .enum(['k-vs-all', '1-vs-all', 'negative-sampling'])
      .default('k-vs-all')
      .describe('compare with all entities, a query with its answers at a time or a triple, or with drawn ones'),
    loss: z.enum(['softmax', 'logistic', 'margin']).default('softmax').describe('margin is for negative sampling'),
    negatives: count.default(256).describe('of negative sampling'),
    negativeSampling: z.enum(['shared', 'uniform', 'batch']).default('shared').describe('one set a batch, one a query, or the answers of the batch'),
    margin: nonNegative.default(0).describe('of the losses logistic and margin in negative sampling'),
    adversarial: nonNegative.default(0).describe('temperature of self-adversarial weights; 0: equal weights'),
    penalty: z.enum(['none', 'n3', 'l2']).default('none').describe('on head, relation and tail of each triple'),
    penaltyStrength: nonNegative.default(0).describe('what the penalty is multiplied by'),
    dropout: share.default(0).describe('share of the components of entities that a step leaves out'),
    relationDropout: share.default(0).describe('the same of relations'),
    optimizer: z.enum(['adagrad', 'adam']).default('adagrad').describe('what updates the vectors'),
    learningRate: positive.default(0.1).describe('at the beginning'),
    schedule: z.enum(['constant', 'linear']).default('constant').describe('of the learning rate: as it is, or to 0 at the end of the last epoch'),
    batch: count.default(512).describe('queries a step; a triple is two'),
    epochs: count.default(50).describe('passes over the training triples'),
    evaluateEvery: count.default(5).describe('epochs between evaluations on the validation triples'),
    patience: count.optional().describe('stop after so many evaluations without a better one (default: never)'),
    maxMinutes: positive.optional().describe('stop after so long'),
    deviation: positive.default(0.001).describe('standard deviation of the first vectors'),
    seed: z.int().min(0).default(1).describe('of first vectors, order and negatives'),
  })
  .superRefine(({ model, dim, trainingType, loss, norm, squared }, { addIssue }) => {
    const problem = (path: string, message: string, input: unknown) => addIssue({ code: 'custom', path: [path], message, input })
    if ((model === 'complex' || model === 'rotate') && dim % 2 !== 0) problem('dim', `must be even for ${model}`, dim)
    if (trainingType !== 'negative-sampling' && loss === 'margin') problem('loss', `margin goes with negative-sampling, not ${trainingType}`, loss)
    if (trainingType !== 'negative-sampling' && norm === 1 && (model === 'transe' || model === 'rotate')) {
      problem('norm', `1 is no product of matrices: train it by negative-sampling, not ${trainingType}`, norm)
    }
    if (norm === 1 && squared) problem('squared', 'goes with norm 2, not 1', squared)
  })

export type GraphTrainingConfig = z.output<typeof graphTrainingSchema>
