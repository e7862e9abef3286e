import { namedParameters, type ProgressStream, type SummedLoss, TrainingContext } from '@parlance/nn'
import type { tf } from '@parlance/runtime'
import type { TrainingConfig } from '../config.js'
import { type Batch, type BatchPlan, makeBatch, orderedPlans } from '../data/batches.js'
import type { Bucket } from '../data/buckets.js'
import type { TrainingData } from '../data/training-data.js'
import { askTeacher } from '../distillation/teacher-targets.js'
import { type DistillationBatch, distillationLoss, makeDistillationBatch } from '../distillation/word-level.js'
import { createModel } from '../models/create-model.js'
import type { EncoderDecoder } from '../models/encoder-decoder.js'
import { fileNames } from '../parameter-names.js'
import { CorpusProgress } from '../synthetic/corpus-progress.js'
import { loadWeights, type TrainedModel } from './model-folder.js'

/** What is minimised: batches, and their loss. `loss` is given what `makeBatch` made. */
export interface Objective {
  makeBatch(plan: BatchPlan): Batch
  loss(batch: Batch, step: tf.Tensor): SummedLoss
}

/** Cross-entropy with smoothed labels. */
export function labelObjective(model: EncoderDecoder, { train }: TrainingData, { seed, labelSmoothing }: TrainingConfig): Objective {
  return {
    makeBatch: (plan) => makeBatch(train, plan),
    loss: (batch, step) => model.loss(batch, new TrainingContext({ seed, step, examples: batch.examples }), labelSmoothing),
  }
}

/**
 * Cross-entropy mixed with a teacher's distributions; asks the teacher first, which takes a while and tells `progress`.
 *
 * @throws Error, one line, when the teacher has another vocabulary
 */
export function teacherObjective(
  model: EncoderDecoder,
  data: TrainingData,
  config: TrainingConfig,
  buckets: readonly Bucket[],
  trained: TrainedModel,
  progress: ProgressStream,
): Objective {
  const { train, tokenizer } = data
  if (trained.tokenizerHash !== tokenizer.hash) {
    throw new Error(`${trained.folder}: the teacher has another vocabulary than the data need: it must know all tags of the student.`)
  }
  const teacher = createModel(trained.config)
  loadWeights(trained, trained.config, fileNames(namedParameters(teacher)))
  progress.write(`Asking the teacher about ${train.count} pairs.\n`)
  const shown = new CorpusProgress(progress, train.count, 0)
  const targets = askTeacher(teacher, train, orderedPlans(train, buckets), {
    candidates: Math.min(config.teacherCandidates, tokenizer.vocabSize),
    temperature: config.distillationTemperature,
    onProgress: (examples) => shown.done(examples),
  })
  shown.end()
  teacher.dispose()
  const { seed, labelSmoothing, distillationWeight: weight, distillationTemperature: temperature } = config
  return {
    makeBatch: (plan) => makeDistillationBatch(train, plan, targets),
    loss(batch: DistillationBatch, step) {
      const context = new TrainingContext({ seed, step, examples: batch.examples })
      return distillationLoss(model, batch, context, { weight, temperature, labelSmoothing })
    },
  }
}
