import { wer, type ErrorRate } from '@parlance/metrics'
import { inference } from '@parlance/nn'
import { jit, tf } from '@parlance/runtime'
import { GraphSession } from '@parlance/runtime/session'
import { evaluationBatches, type SpeechBatch } from './batches.js'
import type { TrainingConfig } from '../config.js'
import { recognizerGraphs } from '../graphs/recognizer-graphs.js'
import { recognizerLoss } from '../model/loss.js'
import type { RecognizerModel } from '../model/recognizer.js'
import type { Recordings } from './recordings.js'
import { Recognizer } from '../recognizer/recognizer.js'
import { spelled } from '../tokens/units.js'

/** What a model makes of a corpus. */
export interface ValidationResult {
  /** What training minimises, in nats per token, over the utterances that are long enough for their transcripts. */
  loss: number
  /** Of greedy search. */
  errors: ErrorRate
  /** One for each utterance, in the corpus's order. */
  hypotheses: string[]
}

/**
 * Measures `model`, as it is when called, on all of `recordings`: its loss as in training, compiled once for each size of
 * batch, and its transcripts by the inference graphs that a model folder has.
 */
export function validation(
  model: RecognizerModel,
  recordings: Recordings,
  { batchSize, buckets, threads }: Pick<TrainingConfig, 'batchSize' | 'buckets' | 'threads'>,
): () => Promise<ValidationResult> {
  const usable = Array.from({ length: recordings.count }, (_, i) => i).filter((index) => recordings.fits(index))
  const batches = evaluationBatches(recordings, usable, batchSize, buckets)
  const run = jit((batch: SpeechBatch, weights: tf.Tensor) =>
    tf.tidy(() => ({ ...recognizerLoss(model, batch, tf.scalar(LATE, 'int32'), inference, weights) })),
  )
  const graphs = [...recognizerGraphs(model, recordings.width)]
  return async () => {
    let loss = 0
    let tokens = 0
    for (const { make, weights } of batches) {
      const batch = make()
      const shares = tf.tensor1d(weights)
      const { sum, count } = run(batch, shares)
      const [[summed], [counted]] = (await Promise.all([sum.data(), count.data()])) as unknown as [[number], [number]]
      tf.dispose([Object.values(batch), shares, sum, count])
      loss += summed
      tokens += counted
    }
    const sessions = graphs.map(([name, graph]) => [name, GraphSession.load(graph.toOnnx('embedded'), threads === undefined ? {} : { threads })] as const)
    const recognizer = new Recognizer(model.config, new Map(sessions))
    const all = Array.from({ length: recordings.count }, (_, index) => recordings.features(index))
    const hypotheses = recognizer.recognize(all, batchSize).map(([best]) => spelled(recordings.tokenizer, best?.tokens ?? []))
    recognizer.dispose()
    const references = recordings.utterances.map(({ text }) => text)
    return { loss: loss / Math.max(1, tokens), errors: wer(references, hypotheses), hypotheses }
  }
}

/** A step after every warm-up. */
const LATE = 2 ** 30
