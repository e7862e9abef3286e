import { beforeAll, describe, expect, it } from 'vitest'
import { Evaluator } from '../backend/evaluator.js'
import { addNode, type Attribute, Float, type Input, Ints, type Node, type TypedArray, Value } from './graph.js'
import { composeMissing } from './webgpu.js'

/** On the CPU, where ONNX Runtime has each operator itself: what is composed must give the same. */
let evaluator: Evaluator

beforeAll(() => {
  evaluator = new Evaluator({ provider: 'cpu', threads: 1 }, 2 ** 20)
})

type Spec = { shape: readonly number[]; type: Value['type'] }

function values(op: string, inputs: readonly Input[], attributes: Record<string, Attribute>, outputs: readonly Spec[], compose: boolean) {
  const results = addNode(op, inputs, attributes, outputs, op === 'FusedMatMul' ? 'com.microsoft' : '')
  const node = results[0]?.node as Node
  if (compose) {
    composeMissing([node])
    expect(results[0]?.node, 'nothing was composed').not.toBe(node)
  }
  evaluator.evaluate(results, new Set(results))
  return results.map((value) => [...(value.data as Float32Array)])
}

function floats(numbers: readonly number[], shape: readonly number[] = [numbers.length]): Value {
  return Value.concrete(Float32Array.from(numbers), shape, 'float32')
}

const typed = (data: TypedArray, type: Value['type']) => Value.concrete(data, [data.length], type)
const numbers = [-7.5, -2.5, -1.5, -1, -0.5, -0.25, 0, 0.5, 0.75, 1.5, 2.5, 8.49]
const float = (...shape: number[]): Spec => ({ shape, type: 'float32' })

describe('what is composed for webgpu', () => {
  const cases: [string, readonly Input[], Record<string, Attribute>, readonly Spec[]][] = [
    ['IsInf', [floats([1, Infinity, -Infinity, -3])], {}, [{ shape: [4], type: 'bool' }]],
    ['IsNaN', [floats([1, NaN, -Infinity, 0])], {}, [{ shape: [4], type: 'bool' }]],
    ['LogSoftmax', [floats(numbers, [3, 4])], { axis: -1 }, [float(3, 4)]],
    ['LogSoftmax', [floats(numbers, [3, 4])], { axis: 0 }, [float(3, 4)]],
    ['Mod', [typed(Int32Array.of(7, -7, 7, -7, 6, 0), 'int32'), typed(Int32Array.of(3, 3, -3, -3, 3, 5), 'int32')], {}, [{ shape: [6], type: 'int32' }]],
    ['Or', [typed(Uint8Array.of(0, 0, 1, 1), 'bool'), typed(Uint8Array.of(0, 1, 0, 1), 'bool')], {}, [{ shape: [4], type: 'bool' }]],
    ['Round', [floats(numbers)], {}, [float(12)]],
    ['Selu', [floats(numbers)], {}, [float(12)]],
    ['Sign', [floats(numbers)], {}, [float(12)]],
    ['Sign', [typed(Int32Array.of(-5, 0, 9), 'int32')], {}, [{ shape: [3], type: 'int32' }]],
    ['Sin', [floats([...numbers, 100.25, -1234.5])], {}, [float(14)]],
    ['Cos', [floats([...numbers, 100.25, -1234.5])], {}, [float(14)]],
    ['Split', [floats(numbers, [1, 12]), new Ints(Array<number>(12).fill(1))], { axis: 1 }, Array.from({ length: 12 }, () => float(1, 1))],
    ['FusedMatMul', [floats(numbers, [4, 3]), floats(numbers, [3, 4])], { transA: 1, transB: 1, alpha: new Float(0.5) }, [float(3, 3)]],
  ]

  it.each(cases)('%s is what ONNX Runtime gives', (op, inputs, attributes, outputs) => {
    const wanted = values(op, inputs, attributes, outputs, false)
    const composed = values(op, inputs, attributes, outputs, true)
    composed.forEach((part, i) => part.forEach((value, j) => expect(Math.abs(value - (wanted[i]?.[j] as number))).toBeLessThanOrEqual(2e-6)))
  })

  it.each(['ArgMax', 'ArgMin'])('%s gives the first of several', (op) => {
    const x = floats([3, 1, 3, 1, 2, 2, 2, 2], [2, 4])
    const [index] = addNode(op, [x], { axis: 1, keepdims: 0 }, [{ shape: [2], type: 'int64' }]) as [Value]
    expect(values('Cast', [index], { to: 6 }, [{ shape: [2], type: 'int32' }], true)).toEqual([op === 'ArgMax' ? [0, 0] : [1, 0]])
  })
})
