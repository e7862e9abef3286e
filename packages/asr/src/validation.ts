import { wer, type ErrorRate } from '@parlance/metrics'
import { ctcLoss, inference } from '@parlance/nn'
import { jit, tf } from '@parlance/runtime'
import type { Tokenizer } from '@parlance/tokenizer'
import { evaluationBatches, type SpeechBatch } from './batches.js'
import { greedyTokens } from './ctc-greedy.js'
import type { CtcModel } from './model.js'
import type { Recordings } from './recordings.js'
import { encodedLength } from './subsampling.js'
import { spelled } from './units.js'

/** What a model makes of a corpus. */
export interface ValidationResult {
  /** CTC loss in nats per token, over the utterances that are long enough for their transcripts. */
  loss: number
  errors: ErrorRate
  /** One for each utterance, in the corpus's order. */
  hypotheses: string[]
}

/** Measures `model`, as it is when called, on all of `recordings`. Compiles once for each size of batch. */
export function validation(
  model: CtcModel,
  recordings: Recordings,
  tokenizer: Tokenizer,
  { batchSize, buckets }: { batchSize: number; buckets: number },
): () => Promise<ValidationResult> {
  const batches = evaluationBatches(recordings, batchSize, buckets)
  const run = jit(({ features, frames, labels, labelLengths }: SpeechBatch) =>
    tf.tidy(() => {
      const { logits, lengths } = model.forward(features, frames, inference)
      return { logits, losses: ctcLoss(logits, labels, lengths, labelLengths) }
    }),
  )
  return async () => {
    const hypotheses = new Array<string>(recordings.count)
    const losses = new Float64Array(recordings.count)
    for (const { indices, make } of batches) {
      const batch = make()
      const result = run(batch)
      const [scores, loss] = await Promise.all([result.logits.data(), result.losses.data()])
      const [, steps, vocabSize] = result.logits.shape as [number, number, number]
      tf.dispose([Object.values(batch), Object.values(result)])
      for (const [row, index] of indices.entries()) {
        const frames = encodedLength(recordings.features(index).frames)
        hypotheses[index] = spelled(tokenizer, greedyTokens(scores, frames, vocabSize, row * steps * vocabSize))
        losses[index] = loss[row] as number
      }
    }
    let sum = 0
    let tokens = 0
    for (const [index, labels] of recordings.labels.entries()) {
      if (!recordings.fits(index)) continue
      sum += losses[index] as number
      tokens += labels.length
    }
    const references = recordings.utterances.map(({ text }) => text)
    return { loss: sum / Math.max(1, tokens), errors: wer(references, hypotheses), hypotheses }
  }
}
