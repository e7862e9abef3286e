import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { readSafetensors, tf } from '@parlance/runtime'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type TrainingConfig, trainingSchema } from './config.js'
import tenSteps from './fixtures/ten-steps.json' with { type: 'json' }
import { LanguageModel } from './language-model.js'
import { exampleRun, temporaryFolder, useTestDevice } from './testing.js'
import { createObjective, modelConfig, trainLanguageModel } from './train-language-model.js'
import { trainingFields } from './training-fields.js'

const { folder, remove } = temporaryFolder()
beforeAll(useTestDevice)
afterAll(remove)

interface Entry {
  step: number
  loss?: number
  evaluation?: Record<string, number>
}

/** What a run did, without how long it took. */
function history(of: string): Entry[] {
  const lines = readFileSync(join(of, 'log.jsonl'), 'utf8').trim().split('\n')
  return lines.map((line) => {
    const { seconds: _, tokensPerSecond: __, ...entry } = JSON.parse(line)
    return entry as Entry
  })
}

describe.each(['transformer', 'lstm'] as const)('training the %s', (model) => {
  it('has its stored losses over ten steps, dropout and all', async () => {
    const at = join(folder, `ten-${model}`)
    await trainLanguageModel(exampleRun(at, { model, maxSteps: 10, dropout: 0.1 }))
    const losses = history(at).flatMap(({ loss }) => loss ?? [])
    expect(losses.length).toBe(10)
    // Same data, masks and initial weights; only float32 sums may differ, between machines and versions.
    for (const [i, loss] of losses.entries()) expect(Math.abs(loss - ((tenSteps[model] as number[])[i] as number))).toBeLessThan(2e-4)
  })

  it('goes on after a stop as if it had not been', async () => {
    const [whole, parts] = [join(folder, `whole-${model}`), join(folder, `parts-${model}`)]
    await trainLanguageModel(exampleRun(whole, { model, dropout: 0.1 }))
    const run = exampleRun(parts, { model, dropout: 0.1 })
    const first = await trainLanguageModel({ ...run, progress: interruptingAfter('step 20 | evaluation') })
    expect(first).toMatchObject({ reason: 'interrupted', step: 20 })
    expect(existsSync(join(parts, 'step.onnx'))).toBe(true)
    expect(history(parts).length).toBeLessThan(history(whole).length)
    await trainLanguageModel({ ...run, resume: true })
    expect(history(parts)).toEqual(history(whole))
    const weights = (of: string) => readFileSync(join(of, 'model.safetensors'))
    expect(weights(parts).equals(weights(whole))).toBe(true)
  })

  it('holds as many tensors after a step as before', async () => {
    const { training, corpus, tokenizer } = exampleRun('', { model })
    const objective = createObjective(modelConfig(training, tokenizer.vocabSize), { tokens: corpus.tokens, training })
    const evaluate = () => objective.evaluate(corpus.tokens.subarray(0, 300))
    await evaluate()
    const before = tf.memory().numTensors
    await evaluate()
    tf.dispose(objective.batch(3))
    expect(tf.memory().numTensors).toBe(before)
  })

  it('evaluates as the finished model scores', async () => {
    const at = join(folder, `evaluated-${model}`)
    const run = exampleRun(at, { model, maxSteps: 20 })
    const { best } = await trainLanguageModel(run)
    const { nll, tokens } = (await LanguageModel.load(at)).score(run.validation)
    // In training, the LSTM's text is cut into ten rows, each of which begins without a state.
    expect(Math.abs((best?.value ?? 0) - nll / tokens)).toBeLessThan(model === 'lstm' ? 0.1 : 1e-5)
  })
})

/** A progress stream that sends this process SIGINT when it is told of something. */
function interruptingAfter(message: string): NodeJS.WriteStream {
  const write = (text: string) => text.includes(message) && process.emit('SIGINT')
  return { isTTY: false, write } as unknown as NodeJS.WriteStream
}

describe('a training config', () => {
  const invalid = (training: Partial<TrainingConfig>) => trainLanguageModel(exampleRun(join(folder, 'never'), training))

  it('says which fields do not go together', async () => {
    await expect(invalid({ tied: true })).rejects.toThrow('tied does not go with the model transformer: leave it out.')
    await expect(invalid({ model: 'lstm', bias: true })).rejects.toThrow('bias does not go with the model lstm: leave it out.')
    await expect(invalid({ width: 9 })).rejects.toThrow('width must be a multiple of heads, got width 9 and 2 heads.')
    await expect(invalid({ minLearningRate: 1 })).rejects.toThrow('The floor of the learning rate, 1, is above its peak')
  })

  it('needs enough text', async () => {
    await expect(invalid({ context: 100_000 })).rejects.toThrow(/The training text has \d+ tokens, but 100001 are needed/)
    await expect(invalid({ model: 'lstm', batch: 5000 })).rejects.toThrow('but 45000 are needed')
  })

  it('is listed field by field', () => {
    const fields = trainingFields()
    expect(fields.map(({ name }) => name)).toEqual(Object.keys(trainingSchema.shape))
    expect(fields.find(({ name }) => name === 'model')).toEqual({
      name: 'model', type: 'string', choices: ['transformer', 'lstm'], default: 'transformer', description: 'architecture',
    })
    expect(fields.find(({ name }) => name === 'bias')).toMatchObject({ type: 'boolean' })
    expect(fields.find(({ name }) => name === 'batch')).toMatchObject({ type: 'number', default: 12 })
    expect(fields.every(({ description }) => description !== '')).toBe(true)
  })
})

describe('a model folder', () => {
  it('has Hugging Face\'s names and a report with a sample', async () => {
    const at = join(folder, 'folder')
    await trainLanguageModel(exampleRun(at, { maxSteps: 5 }))
    const { tensors } = readSafetensors(join(at, 'model.safetensors'))
    expect([...tensors.keys()].filter((name) => !/layers\.1/.test(name))).toEqual([
      'model.decoder.embed_tokens.weight',
      'model.decoder.embed_positions.weight',
      'model.decoder.layers.0.self_attn_layer_norm.weight',
      'model.decoder.layers.0.self_attn.q_proj.weight',
      'model.decoder.layers.0.self_attn.k_proj.weight',
      'model.decoder.layers.0.self_attn.v_proj.weight',
      'model.decoder.layers.0.self_attn.out_proj.weight',
      'model.decoder.layers.0.final_layer_norm.weight',
      'model.decoder.layers.0.fc1.weight',
      'model.decoder.layers.0.fc2.weight',
      'model.decoder.final_layer_norm.weight',
    ])
    expect(tensors.get('model.decoder.embed_positions.weight')?.shape).toEqual([10, 16])
    expect(readFileSync(join(at, 'report.html'), 'utf8')).toContain('Sample: temperature 0.8')
    expect(JSON.parse(readFileSync(join(at, 'config.json'), 'utf8'))).toMatchObject({ model_type: 'opt', max_position_embeddings: 8 })
  })
})
