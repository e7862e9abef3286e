import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { useDevice } from '../device.js'
import { saveGraph } from '../export/export-onnx.js'
import { toFloat16 } from '../half-floats.js'
import { inferenceGraph } from '../inference/inference-graph.js'
import { GraphSession } from '../inference/graph-session.js'
import { Random } from '../random.js'
import { encodeSafetensors, locateSafetensors, readSafetensors, type SafetensorsTensor } from '../safetensors.js'
import { tf } from '../tf.js'
import { quantizeGraph } from './quantize-graph.js'
import { quantizeBlocks, quantizeRows } from './rows.js'
import { type Quantization, storedTensors, writeQuantized } from './stored-weights.js'

/** Whether the CPU is one on which products in 4 bits are known to give the same bits for any number of rows; on others the last ones differ. */
const VNNI = existsSync('/proc/cpuinfo') && readFileSync('/proc/cpuinfo', 'utf8').includes('avx512_vnni')
const folder = mkdtempSync(join(tmpdir(), 'quantize-'))
const random = new Random(5)
const [vocabulary, width, hidden] = [96, 64, 160]

/** A table that is looked up and multiplied with, two layers of which one has a bias, and a vector. */
const parameters = {
  'embed.weight': [vocabulary, width],
  'fc1.weight': [hidden, width],
  'fc1.bias': [hidden],
  'fc2.weight': [width, hidden],
} as const

beforeAll(async () => {
  await useDevice('cpu', { threads: 1 })
})

afterAll(() => rmSync(folder, { recursive: true }))

/** Writes the float graph; its last layer takes its matrix as `dequantize` is to be tried, not transposed. */
function writeFloat(dtype: 'F32' | 'F16' = 'F32'): Map<string, tf.Variable> {
  const variables = new Map(Object.entries(parameters).map(([name, shape]) => {
    const size = shape.reduce((a, b) => a * b, 1)
    return [name, tf.variable(tf.tensor(random.normal(size, 0, 0.2), [...shape]))]
  }))
  const tensors = new Map([...variables].map(([name, variable]): [string, SafetensorsTensor] => {
    const data = variable.dataSync() as Float32Array
    const shape = [...variable.shape]
    return [name, dtype === 'F32' ? { dtype, shape, data } : { dtype, shape, data: toFloat16(data) }]
  }))
  writeFileSync(join(folder, 'model.safetensors'), encodeSafetensors(tensors))
  const of = (name: keyof typeof parameters) => variables.get(name) as tf.Tensor as tf.Tensor2D
  const graph = inferenceGraph(
    ({ ids }) => {
      const x = tf.reshape(tf.gather(of('embed.weight'), ids as tf.Tensor), [-1, width]) as tf.Tensor2D
      const h = tf.relu(tf.add(tf.matMul(x, of('fc1.weight'), false, true), variables.get('fc1.bias') as tf.Tensor)) as tf.Tensor2D
      const y = tf.matMul(h, of('fc2.weight'), false, true) as tf.Tensor2D
      return { logits: tf.matMul(y, of('embed.weight'), false, true), back: tf.matMul(y, of('fc2.weight')) }
    },
    { ids: { shape: ['N', 'T'], dtype: 'int32' } },
  )
  saveGraph(graph, { file: join(folder, 'graph.onnx'), names: variables, weights: { storedIn: 'model.safetensors' } })
  return variables
}

function place(file: string) {
  return { file, locations: locateSafetensors(join(folder, file)) }
}

function quantized(to: Quantization): GraphSession {
  writeQuantized(join(folder, 'small.safetensors'), readSafetensors(join(folder, 'model.safetensors')).tensors, to)
  const bytes = quantizeGraph(readFileSync(join(folder, 'graph.onnx')), place('model.safetensors'), place('small.safetensors'), to)
  writeFileSync(join(folder, 'small.onnx'), bytes)
  return GraphSession.load(join(folder, 'small.onnx'), { threads: 1 })
}

function ids(rows: number): { ids: { data: Int32Array; shape: number[] } } {
  return { ids: { data: Int32Array.from({ length: rows }, (_, i) => (i * 37) % vocabulary), shape: [rows, 1] } }
}

/** The relative error of `got`: √(Σ(got − wanted)² / Σwanted²). */
function error(got: ArrayLike<number>, wanted: ArrayLike<number>): number {
  let [difference, norm] = [0, 0]
  for (let i = 0; i < wanted.length; i++) {
    difference += ((got[i] as number) - (wanted[i] as number)) ** 2
    norm += (wanted[i] as number) ** 2
  }
  return Math.sqrt(difference / norm)
}

const multiply = (x: number[][], w: number[][]): number[][] => x.map((row) => w.map((other) => row.reduce((sum, v, k) => sum + v * (other[k] as number), 0)))
const transpose = (w: number[][]): number[][] => (w[0] as number[]).map((_, k) => w.map((row) => row[k] as number))

/** Rounds so that the largest magnitude is 127 steps, of activations 63. */
function roundRow(row: number[], levels = 127): number[] {
  const step = Math.max(...row.map(Math.abs)) / levels
  return row.map((v) => (step === 0 ? 0 : Math.round(v / step) * step))
}

describe('quantized weights', () => {
  it('are nearest multiples of the scale of their row', () => {
    const { values, scales } = quantizeRows(Float32Array.of(1, -0.51, 0.26, 0, 0, 0, 254, 100, -3.5), 3)
    expect([...scales]).toEqual([Math.fround(1 / 127), 0, 2])
    expect([...values]).toEqual([127, -65, 33, 0, 0, 0, 127, 50, -2])
  })

  it('are two to a byte in four bits', () => {
    const { values, scales } = quantizeBlocks(Float32Array.of(7, -7, 2.4, -1, 0, 0.52, -0.25, 1), 4)
    expect([...scales]).toEqual([1, Math.fround(1 / 7)])
    // 7 −7 | 2 −1 | 0 4 (3.64) | −2 (−1.75) 7, each plus 8
    expect([...values]).toEqual([15 | (1 << 4), 10 | (7 << 4), 8 | (12 << 4), 6 | (15 << 4)])
  })

  it('are stored as promised, floats before whole numbers', () => {
    writeFloat()
    for (const to of ['int8', 'int8-weights', 'int4'] as const) {
      quantized(to).dispose()
      const promised = Object.entries(parameters).flatMap(([name, shape]) => storedTensors(name, shape, to))
      const stored = [...locateSafetensors(join(folder, 'small.safetensors'))]
      expect(stored.map(([name, { dtype, shape }]) => ({ name, dtype, shape })).sort(byName)).toEqual(promised.sort(byName))
      for (const [, { dtype, offset }] of stored) if (dtype === 'F32') expect(offset % 4).toBe(0)
    }
  })
})

const byName = (a: { name: string }, b: { name: string }): number => (a.name < b.name ? -1 : 1)

describe('quantized graphs', () => {
  it('compute products of rounded rows with rounded weights', () => {
    const weights = writeFloat()
    const rounded = (name: string, round: (row: number[]) => number[]): number[][] =>
      ((weights.get(name) as tf.Variable).arraySync() as number[][]).map(round)
    const bias = [...(weights.get('fc1.bias') as tf.Variable).dataSync()]
    const { ids: chosen } = ids(9)
    const reference = (round: (row: number[]) => number[], activations: (row: number[]) => number[]) => {
      const table = rounded('embed.weight', round)
      const x = [...chosen.data].map((id) => table[id] as number[])
      const h = multiply(x.map(activations), rounded('fc1.weight', round)).map((row) => row.map((v, i) => Math.max(0, v + (bias[i] as number))))
      const y = multiply(h.map(activations), rounded('fc2.weight', round))
      return { logits: multiply(y.map(activations), table).flat(), back: multiply(y, transpose(rounded('fc2.weight', round))).flat() }
    }
    const same = (row: number[]) => row
    // Differences of float32 move a rounded number by a step here and there.
    for (const [to, wanted, tolerance] of [
      ['int8', reference((row) => roundRow(row), (row) => roundRow(row, 63)), 2e-3],
      ['int8-weights', reference((row) => roundRow(row), same), 1e-5],
    ] as const) {
      const session = quantized(to)
      const { logits, back } = session.run(ids(9))
      expect(error(logits!.data as Float32Array, wanted.logits)).toBeLessThan(tolerance)
      expect(error(back!.data as Float32Array, wanted.back)).toBeLessThan(tolerance)
      session.dispose()
    }
  })

  it('are near the float graph: 1% for a product in 8 bits, 15% in 4', () => {
    writeFloat()
    const float = GraphSession.load(join(folder, 'graph.onnx'), { threads: 1 })
    const { logits } = float.run(ids(40))
    for (const [to, most] of [['int8', 0.03], ['int8-weights', 0.02], ['int4', 0.3]] as const) {
      const session = quantized(to)
      const got = error(session.run(ids(40)).logits!.data as Float32Array, logits!.data as Float32Array)
      expect(got).toBeLessThan(most)
      expect(got).toBeGreaterThan(0)
      session.dispose()
    }
    float.dispose()
  })

  it.each(['int8', 'int8-weights', 'int4'] as const)('in %s give a row the same result in any company', (to) => {
    writeFloat()
    const session = quantized(to)
    const all = session.run(ids(70))
    for (let rows = 1; rows < 70; rows++) {
      const part = session.run(ids(rows))
      for (const name of ['logits', 'back']) {
        const [got, wanted] = [part[name]!.data as Float32Array, (all[name]!.data as Float32Array).subarray(0, part[name]!.data.length)]
        if (to === 'int4' && !VNNI) expect(error(got, wanted)).toBeLessThan(1e-6)
        else expect(got).toEqual(wanted)
      }
    }
    session.dispose()
  })

  it('take weights that are stored in 16 bits, and rows of zeros', () => {
    writeFloat('F16')
    const float = GraphSession.load(join(folder, 'graph.onnx'), { threads: 1 })
    const { logits } = float.run(ids(8))
    float.dispose()
    const tensors = readSafetensors(join(folder, 'model.safetensors')).tensors
    const session = quantized('int8')
    expect(error(session.run(ids(8)).logits!.data as Float32Array, logits!.data as Float32Array)).toBeLessThan(0.03)
    session.dispose()
    // Nothing but zeros goes in: what comes out are zeros, not NaN.
    const zeros = new Map([...tensors].map(([name, { shape, data }]): [string, SafetensorsTensor] => [name, { dtype: 'F16', shape, data: new Uint16Array(data.length) }]))
    writeFileSync(join(folder, 'model.safetensors'), encodeSafetensors(zeros))
    const nothing = quantized('int8')
    expect([...(nothing.run(ids(3)).logits!.data as Float32Array)].every((value) => value === 0)).toBe(true)
    nothing.dispose()
  })

  it('are made of graphs of ours with the weights beside them only', () => {
    writeFloat()
    const graph = readFileSync(join(folder, 'graph.onnx'))
    const from = place('model.safetensors')
    expect(() => quantizeGraph(graph, { ...from, locations: new Map() }, from, 'int8')).toThrow(
      /^The graph's weight '.*' is not in model.safetensors: export the graph again\.$/,
    )
    const foreign = Buffer.from(graph)
    foreign.write('pytorch1', foreign.indexOf('parlance'), 'latin1')
    expect(() => quantizeGraph(foreign, from, from, 'int8')).toThrow('Only graphs that parlance wrote can be quantized, this one is by pytorch1.')
  })
})
