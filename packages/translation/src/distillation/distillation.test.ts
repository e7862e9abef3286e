import { namedParameters, TrainingContext, inference } from '@parlance/nn'
import { tf, useDevice } from '@parlance/runtime'
import { beforeAll, describe, expect, it } from 'vitest'
import { orderedPlans, type BatchPlan } from '../data/batches.js'
import { chooseBuckets } from '../data/buckets.js'
import { exampleLength, type Examples } from '../data/examples.js'
import type { ModelConfig } from '../model-config.js'
import { createModel } from '../models/create-model.js'
import { askTeacher } from './teacher-targets.js'
import { distillationLoss, makeDistillationBatch } from './word-level.js'

const config: ModelConfig = {
  architecture: 'transformer', vocabSize: 11, width: 8, heads: 2, encoderLayers: 1, decoderLayers: 1, feedForwardWidth: 16,
  decoder: 'attention', tiedEmbeddings: 'all',
}
const sides = { tokens: Int32Array.of(4, 5, 6, 7, 8, 9, 10), starts: Int32Array.of(0, 3, 4, 7) }
const examples: Examples = { count: 3, sources: sides, targets: { tokens: Int32Array.of(9, 8, 7, 6, 5, 4), starts: Int32Array.of(0, 1, 4, 6) } }
const plansOf = (shapes: number): BatchPlan[] =>
  orderedPlans(examples, chooseBuckets([0, 1, 2].map((i) => exampleLength(examples, i)), shapes, 8))
const soft = (values: number[], temperature: number) => {
  const powers = values.map((value) => Math.exp(value / temperature))
  const sum = powers.reduce((a, b) => a + b)
  return powers.map((power) => power / sum)
}

beforeAll(() => useDevice('cpu', { threads: 1 }))

describe('word-level distillation', () => {
  it('keeps the teacher’s most probable tokens, whatever the batches', () => {
    const teacher = createModel(config, 1)
    const done: number[] = []
    const onProgress = (count: number): unknown => done.push(count)
    const [one, two] = [1, 2].map((shapes) => askTeacher(teacher, examples, plansOf(shapes), { candidates: 3, temperature: 2, onProgress }))
    expect(done.filter((count) => count === 3).length).toBe(2)
    expect([...two!.ids]).toEqual([...one!.ids])
    for (const [i, probability] of one!.probabilities.entries()) expect(two!.probabilities[i]).toBeCloseTo(probability, 5)
    expect(one!.ids.length).toBe((6 + 3) * 3)
    // Position 2 of example 1 is the third of its four; its logits from the model itself.
    const plan = plansOf(1).find(({ members }) => members.includes(1))!
    const batch = makeDistillationBatch(examples, plan, one!)
    const logits = tf.tidy(() => teacher.logits(batch, inference).arraySync()) as number[][]
    const row = plan.members.indexOf(1) * plan.bucket.length + 2
    const best = [...logits[row]!.entries()].sort(([, a], [, b]) => b - a).slice(0, 3)
    const at = (1 + 1 + 2) * 3
    expect([...one!.ids.subarray(at, at + 3)]).toEqual(best.map(([id]) => id))
    soft(best.map(([, logit]) => logit), 2).forEach((p, i) => expect(one!.probabilities[at + i]).toBeCloseTo(p, 5))
    tf.dispose(batch)
    teacher.dispose()
  })

  it.each([1, 3])('is the mixture of both losses at temperature %d, by hand', (temperature) => {
    const [teacher, student] = [createModel(config, 1), createModel(config, 2)]
    const targets = askTeacher(teacher, examples, plansOf(1), { candidates: 11, temperature })
    for (const plan of plansOf(1)) {
      const batch = makeDistillationBatch(examples, plan, targets)
      const [own, theirs] = [student, teacher].map((model) => tf.tidy(() => model.logits(batch, inference).arraySync() as number[][]))
      const labels = batch.labels.dataSync()
      let [hard, divergence, count] = [0, 0, 0]
      labels.forEach((label, i) => {
        if (label === 1) return
        count++
        hard -= Math.log(soft(own![i]!, 1)[label]!)
        const [q, p] = [soft(own![i]!, temperature), soft(theirs![i]!, temperature)]
        divergence += p.reduce((sum, p, v) => sum + p * Math.log(p / q[v]!), 0)
      })
      const loss = distillationLoss(student, batch, inference, { weight: 0.25, temperature, labelSmoothing: 0 })
      expect(loss.count.dataSync()[0]).toBe(count)
      expect(loss.sum.dataSync()[0]).toBeCloseTo(0.75 * hard + 0.25 * temperature ** 2 * divergence, 3)
      tf.dispose([batch, { ...loss }])
    }
    teacher.dispose()
    student.dispose()
  })

  it('has gradients for the student alone, none where student and teacher agree', () => {
    const teacher = createModel(config, 1)
    const targets = askTeacher(teacher, examples, plansOf(1), { candidates: 11, temperature: 1 })
    const batch = makeDistillationBatch(examples, plansOf(1)[0]!, targets)
    const largest = (model: typeof teacher) =>
      tf.tidy(() => {
        const context = new TrainingContext({ seed: 1, step: tf.scalar(1, 'int32'), examples: batch.examples })
        const settings = { weight: 1, temperature: 1, labelSmoothing: 0 }
        const { grads } = tf.variableGrads(() => distillationLoss(model, batch, context, settings).sum, [...namedParameters(model).values()])
        return Math.max(...Object.values(grads).map((gradient) => tf.max(tf.abs(gradient)).dataSync()[0] as number))
      })
    expect(largest(teacher)).toBeLessThan(1e-5)
    const student = createModel(config, 2)
    expect(largest(student)).toBeGreaterThan(0.1)
  })
})
