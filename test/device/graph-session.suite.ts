/** Inference graphs on a device: what stays in its memory from run to run, and a translator that decodes there. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beamSearch, greedy } from '@parlance/decoding'
import { inferenceGraph, type tf as TF, tf, useDevice } from '@parlance/runtime'
import { gatherRows, type GraphDevice, GraphSession, type GraphTensor } from '@parlance/runtime/session'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { GraphTranslationModel } from '../../packages/translation/src/graph-model.js'
import { inferenceGraphs } from '../../packages/translation/src/inference-graphs.js'

const device = process.env.PARLANCE_TEST_DEVICE as GraphDevice
const folder = mkdtempSync(join(tmpdir(), 'device-graphs-'))

beforeAll(async () => {
  expect((await useDevice('cpu')).device).toBe(device)
})
afterAll(() => rmSync(folder, { recursive: true }))

const vector = (...values: number[]): GraphTensor => ({ data: Float32Array.from(values), shape: [values.length] })

describe('what stays on the device', () => {
  const sums = () => inferenceGraph(
    ({ x, before }) => ({ total: tf.add(before as TF.Tensor, x as TF.Tensor), halves: tf.mul(x as TF.Tensor, 0.5) }),
    { x: { shape: ['N'], dtype: 'float32' }, before: { shape: ['N'], dtype: 'float32' } },
  ).toOnnx('embedded')

  it('is fed back, read, gathered and freed', () => {
    const session = GraphSession.load(sums(), { device, threads: 1, stays: (name) => name === 'total' })
    let before: GraphTensor = vector(0, 0, 0)
    for (let i = 0; i < 50; i++) {
      const { total, halves } = session.run({ x: vector(1, 2, i), before })
      expect(Object.hasOwn(halves as object, 'data')).toBe(true)
      if (device === 'webgpu') expect(Object.hasOwn(total as object, 'data')).toBe(false)
      before.dispose?.()
      before = total as GraphTensor
    }
    expect([...before.data]).toEqual([50, 100, 1225])
    const rows = gatherRows(before, Int32Array.of(2, 2, 0, 1))
    before.dispose?.()
    expect([rows.shape, ...rows.data]).toEqual([[4], 1225, 1225, 50, 100])
    expect([...rows.data]).toEqual([1225, 1225, 50, 100])
    rows.dispose?.()
    rows.dispose?.()
    session.dispose()
  })

  it('goes from graph to graph, and outlives the one that made it', () => {
    const [first, second] = [0, 1].map(() => GraphSession.load(sums(), { device, threads: 1, stays: () => true })) as [GraphSession, GraphSession]
    const { total, halves } = first.run({ x: vector(2, 4), before: vector(1, 1) })
    first.dispose()
    const { total: other } = second.run({ x: total as GraphTensor, before: halves as GraphTensor })
    expect([...(other as GraphTensor).data]).toEqual([4, 7])
    for (const tensor of [total, halves, other]) tensor?.dispose?.()
    second.dispose()
  })

  it('is refused where another type is wanted', () => {
    const session = GraphSession.load(sums(), { device, threads: 1, stays: () => true })
    const { total } = session.run({ x: vector(1), before: vector(2) })
    const counting = inferenceGraph(({ n }) => ({ y: tf.add(n as TF.Tensor, tf.scalar(1, 'int32')) }), { n: { shape: ['N'], dtype: 'int32' } })
    const other = GraphSession.load(counting.toOnnx('embedded'), { device, threads: 1 })
    expect(() => other.run({ n: total as GraphTensor })).toThrow(/The graph's input 'n' takes int32/)
    for (const each of [total, session, other]) each?.dispose?.()
  })
})

describe('a translator', () => {
  it('finds on the device what it finds on the CPU', async () => {
    const { createModel } = await import('../../packages/translation/src/models/create-model.js')
    const { trainingConfigSchema } = await import('../../packages/translation/src/config.js')
    const { modelConfig } = await import('../../packages/translation/src/model-config.js')
    const config = trainingConfigSchema.parse({ width: 32, heads: 2, encoderLayers: 1, decoderLayers: 2, feedForwardWidth: 64 })
    const model = createModel(modelConfig(config, 40), 3)
    const graphs = inferenceGraphs(model)
    const files = [graphs.encoder.toOnnx('embedded'), graphs.decoder.toOnnx('embedded')]
    const on = (name: GraphDevice) => {
      const [encoder, decoder] = files.map((file) => GraphSession.load(file, { device: name, threads: 1, stays: (output) => !['ids', 'log_probs', 'wanted_log_probs', 'attention'].includes(output) }))
      return new GraphTranslationModel(encoder as GraphSession, decoder as GraphSession, { vocabSize: 40 })
    }
    const sources = [[5, 6, 7, 2], [9, 30, 12, 13, 14, 2], [39, 2], [8, 8, 8, 8, 8, 8, 8, 2], [20, 21, 2]].map((tokens) => Int32Array.from(tokens))
    const options = { prompts: sources.map(() => [0]), eos: 2, maxLength: (i: number) => 4 + 2 * i }
    const [cpu, there] = [on('cpu'), on(device)]
    const beams = { ...options, beamSize: 3, nBest: 3, coveragePenalty: 0.1, constraints: sources.map((_, i) => (i === 1 ? [[11, 12]] : [])) }
    const found = (await beamSearch(there, sources, beams)).flat()
    const wanted = (await beamSearch(cpu, sources, beams)).flat()
    found.push(...(await greedy(there, sources, options)).map((each) => ({ ...each, score: 0 })))
    wanted.push(...(await greedy(cpu, sources, options)).map((each) => ({ ...each, score: 0 })))
    expect(found.map(({ tokens }) => [...tokens])).toEqual(wanted.map(({ tokens }) => [...tokens]))
    for (const [i, { logProb, attention }] of found.entries()) {
      // float32 sums in another order, up to 12 tokens
      expect(logProb).toBeCloseTo(wanted[i]!.logProb, 3)
      attention!.forEach((weight, j) => expect(weight).toBeCloseTo(wanted[i]!.attention![j]!, 4))
    }
  })
})
