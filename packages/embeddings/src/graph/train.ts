import {
  Adagrad, Adam, constantSchedule, linearSchedule, namedParameters, type ProgressStream, train, TrainingContext, type TrainResult, trainingStep,
} from '@parlance/nn'
import { jit, type tf } from '@parlance/runtime'
import { linkPrediction } from '@parlance/metrics'
import { EVEN_ROWS, type GraphBatch, GraphBatches } from './batches.js'
import type { GraphTrainingConfig } from './config.js'
import { EntityRanking } from './evaluate.js'
import { folderConfig, nameFiles } from './model-folder.js'
import { createGraphModel } from './models/create.js'
import type { Hiding } from './models/model.js'
import { graphLoss, type ObjectiveOptions } from './objective.js'
import type { KnowledgeGraph } from './triples.js'

export interface TrainGraphOptions {
  /** Where the model goes; made if it is not there. */
  readonly folder: string
  readonly graph: KnowledgeGraph
  readonly training: GraphTrainingConfig
  /** Goes on from the folder's checkpoint; default false. */
  readonly resume?: boolean
  /** Where progress goes; default stderr. */
  readonly progress?: ProgressStream
}

function objectiveOf({ trainingType, loss, margin, adversarial, penalty, penaltyStrength }: GraphTrainingConfig): ObjectiveOptions {
  const against = trainingType === 'negative-sampling' ? 'negatives' : 'all'
  return { against, loss, margin, adversarial, ...(penalty !== 'none' && { penalty: { kind: penalty, strength: penaltyStrength } }) }
}

/** What a step hides. */
function hidingOf({ dropout, relationDropout, seed }: GraphTrainingConfig, { entities }: GraphBatch, step: tf.Tensor): Hiding {
  const context = new TrainingContext({ seed, step, examples: entities })
  return {
    entities: (rows) => context.weightDropout(rows, dropout),
    relations: (rows) => context.weightDropout(rows, relationDropout),
  }
}

function batchesOf({ splits, entities, relations }: KnowledgeGraph, training: GraphTrainingConfig): GraphBatches {
  const { batch: size, trainingType, loss, negativeSampling: kind, negatives: count, seed } = training
  const negatives = kind === 'batch' ? { kind } : { kind, count }
  return new GraphBatches(splits.train, {
    size,
    answersPerRow: trainingType === 'k-vs-all' ? (loss === 'softmax' ? EVEN_ROWS : Infinity) : 1,
    ...(trainingType === 'negative-sampling' && { negatives }),
    entityCount: entities.size,
    relationCount: relations.size,
    seed,
  })
}

/**
 * Trains a graph model and leaves a folder that `loadGraphModel` reads (see `train` of `@parlance/nn`): the best by the MRR
 * on the validation triples, filtered by these and the training triples, or the last where there are none. `useDevice`
 * comes first.
 */
export async function trainGraph({ folder, graph, training, resume = false, progress }: TrainGraphOptions): Promise<TrainResult> {
  const { splits, entities, relations } = graph
  const model = createGraphModel(training, { entities: entities.size, relations: relations.size })
  const parameters = namedParameters(model)
  const optimizer = new (training.optimizer === 'adagrad' ? Adagrad : Adam)(parameters)
  const objective = objectiveOf(training)
  const trainStep = jit(trainingStep({
    parameters,
    optimizer,
    loss: (batch: GraphBatch, step: tf.Tensor) => graphLoss(model, batch, objective, hidingOf(training, batch, step)),
  }))
  const batches = batchesOf(graph, training)
  const ranking = new EntityRanking(model, { filter: [splits.train, splits.valid] })
  const { epochs, evaluateEvery, patience, maxMinutes, learningRate, schedule } = training
  const maxSteps = epochs * batches.stepsPerEpoch
  try {
    return await train<GraphBatch & tf.NamedTensorMap>({
      folder,
      config: folderConfig(graph, training),
      files: nameFiles(graph),
      parameters,
      optimizer,
      trainStep,
      batch: (step) => batches.batch(step),
      schedule: schedule === 'constant' ? constantSchedule(learningRate) : linearSchedule({ peak: learningRate, totalSteps: maxSteps }),
      ...(splits.valid.heads.length > 0 && {
        evaluation: {
          every: evaluateEvery * batches.stepsPerEpoch,
          metric: 'mrr',
          direction: 'maximize' as const,
          ...(patience !== undefined && { patience }),
          evaluate: async () => {
            const { mrr, hits, adjustedMeanRank } = linkPrediction(await ranking.rank(splits.valid))
            return { mrr, 'hits@1': hits[1]!, 'hits@3': hits[3]!, 'hits@10': hits[10]!, adjustedMeanRank }
          },
        },
      }),
      maxSteps,
      ...(maxMinutes !== undefined && { maxSeconds: 60 * maxMinutes }),
      logEvery: Math.max(1, Math.ceil(batches.stepsPerEpoch / 4)),
      checkpointEvery: evaluateEvery * batches.stepsPerEpoch,
      resume,
      ...(progress && { progress }),
      report: {
        title: `A graph model: ${training.model}, ${training.dim} dimensions`,
        figures: () => [
          { name: 'entities', value: entities.size, convention: 'of all splits' },
          { name: 'relations', value: relations.size, convention: 'without reciprocal ones' },
          { name: 'training triples', value: splits.train.heads.length, convention: 'lines' },
        ],
      },
    })
  } finally {
    ranking.dispose()
    trainStep.dispose()
    optimizer.dispose()
    model.dispose()
  }
}
