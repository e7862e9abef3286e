import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { useDevice } from '../device.js'
import { iota } from '../ops/iota.js'
import { Random } from '../random.js'
import { tf } from '../tf.js'
import { jit } from './jit.js'

beforeAll(async () => {
  await useDevice('cpu', { threads: 1 })
})

let before: number

beforeEach(() => {
  tf.engine().startScope()
  before = tf.memory().numTensors
})

afterEach(() => {
  tf.engine().endScope()
  tf.disposeVariables()
  expect(tf.memory().numTensors).toBeLessThanOrEqual(before)
})

const of = (x: tf.Tensor): number[] => Array.from(x.dataSync())
const vector = (...values: number[]): tf.Tensor1D => tf.tensor1d(values)

describe('jit', () => {
  it('traces once per signature: shapes, dtypes and whatever is not a tensor', () => {
    let calls = 0
    const f = jit((x: tf.Tensor, options: { power: number; name?: string | null }) => {
      calls++
      return tf.pow(x, tf.scalar(options.power, x.dtype as 'float32'))
    })
    expect(of(f(vector(1, 2, 3), { power: 2 }))).toEqual([1, 4, 9])
    expect(of(f(vector(2, 3, 4), { power: 2 }))).toEqual([4, 9, 16])
    expect([calls, f.traces]).toEqual([1, 1])
    expect(of(f(vector(1, 2, 3), { power: 3 }))).toEqual([1, 8, 27])
    expect(of(f(vector(1, 2), { power: 2 }))).toEqual([1, 4])
    expect(of(f(tf.tensor1d([1, 2, 3], 'int32'), { power: 2 }))).toEqual([1, 4, 9])
    f(vector(1, 2, 3), { power: 2, name: null })
    f(vector(1, 2, 3), { power: 2, name: 'null' })
    expect([calls, f.traces]).toEqual([6, 6])
    f(vector(1, 2, 3), { power: 2 })
    expect(calls).toBe(6)
  })

  it('takes and gives arrays, maps and objects of tensors', () => {
    const f = jit((tree: { list: tf.Tensor[]; map: Map<string, tf.Tensor>; flag: boolean }) => ({
      sum: tf.addN(tree.list),
      map: new Map([...tree.map].map(([key, x]) => [key, tf.neg(x)])),
      rest: [tree.flag, 'text', undefined, null, tree.list[0]] as const,
    }))
    const { sum, map, rest } = f({ list: [vector(1, 2), vector(3, 4)], map: new Map([['a', vector(5)], ['b', vector(6)]]), flag: true })
    expect(of(sum)).toEqual([4, 6])
    expect([...map].map(([key, x]) => [key, of(x)])).toEqual([['a', [-5]], ['b', [-6]]])
    expect(rest.slice(0, 4)).toEqual([true, 'text', undefined, null])
    expect(of(rest[4] as tf.Tensor)).toEqual([1, 2])
  })

  it('gives back an argument, a captured tensor, or one tensor twice as tensors of their own', () => {
    const captured = vector(7, 8)
    const f = jit((x: tf.Tensor) => [x, captured, x, tf.neg(x)])
    const x = vector(1, 2)
    const results = f(x)
    x.dispose()
    expect(results.map(of)).toEqual([[1, 2], [7, 8], [1, 2], [-1, -2]])
    results[0]?.dispose()
    expect(of(results[2] as tf.Tensor)).toEqual([1, 2])
    expect(of(captured)).toEqual([7, 8])
  })

  it('reads captured variables anew, and keeps other captured tensors even when they are disposed', () => {
    const variable = tf.variable(vector(1, 2))
    const constant = vector(10, 20)
    const f = jit((x: tf.Tensor) => tf.add(tf.mul(variable, x), constant))
    expect(of(f(vector(1, 1)))).toEqual([11, 22])
    constant.dispose()
    variable.assign(vector(3, 4))
    expect(of(f(vector(1, 1)))).toEqual([13, 24])
  })

  it('captures tensors that were still pending', () => {
    const pending = tf.mul(vector(1, 2), 3)
    const f = jit((x: tf.Tensor) => tf.add(x, pending))
    expect(of(f(vector(0, 0)))).toEqual([3, 6])
    expect(of(pending)).toEqual([3, 6])
  })

  it('does not take what a variable holds for a constant', () => {
    // A scalar of zeros or ones is known to be one when it is made.
    const [count, factor] = [tf.variable(tf.zerosLike(tf.scalar(5))), tf.variable(tf.onesLike(tf.scalar(5)))]
    const f = jit((x: tf.Tensor) => [tf.add(x, count), tf.mul(x, factor), tf.sub(x, count), tf.div(x, factor)])
    f(vector(1))
    count.assign(tf.scalar(10))
    factor.assign(tf.scalar(2))
    expect(f(vector(1)).map(of)).toEqual([[11], [2], [-9], [0.5]])
  })

  it('differentiates inside, also twice', () => {
    const cube = (x: tf.Tensor): tf.Tensor => tf.mul(tf.mul(x, x), x)
    const f = jit((x: tf.Tensor) => [tf.grad(cube)(x), tf.grad((x) => tf.grad(cube)(x))(x)])
    expect(f(vector(2, 3)).map(of)).toEqual([[12, 27], [12, 18]])
  })

  it('calls traced functions in traced functions, and returns to tracing after', () => {
    const inner = jit((x: tf.Tensor) => tf.mul(x, 2))
    const outer = jit((x: tf.Tensor) => tf.add(inner(inner(x)), 1))
    expect(of(outer(vector(1, 2)))).toEqual([5, 9])
    expect([inner.traces, outer.traces]).toEqual([0, 1])
    expect(of(inner(vector(1)))).toEqual([2])
  })

  it('is the plain function on other backends', async () => {
    const f = jit((x: tf.Tensor) => tf.add(x, 1))
    await tf.setBackend('cpu')
    expect(of(f(vector(1)))).toEqual([2])
    expect(f.traces).toBe(0)
    await tf.setBackend('onnx')
  })

  it('is part of what is differentiated from outside', () => {
    const square = jit((x: tf.Tensor) => tf.square(x))
    expect(of(tf.grad((x) => tf.sum(square(x)))(vector(1, 2)))).toEqual([2, 4])
    expect(square.traces).toBe(0)
  })

  it('is simply called while PARLANCE_JIT is 0, with the same results, state and memory', () => {
    const run = (): unknown[] => {
      const w = tf.variable(vector(1, 2))
      let seen: number[] = []
      const step = jit(({ x }: { x: tf.Tensor }) => {
        const y = tf.mul(tf.add(w, x), 2)
        w.assign(y as tf.Tensor1D)
        if (process.env.PARLANCE_JIT === '0') seen = of(y)
        return { y, w: w as tf.Tensor, list: [x, 'name'] as const }
      })
      const x = vector(1, 1)
      step({ x })
      const tensors = tf.memory().numTensors
      const result = step({ x })
      const values = [of(result.y), of(result.w), of(result.list[0]), result.list[1], tf.memory().numTensors - tensors]
      tf.dispose([result.y, result.w, result.list[0]])
      return [...values, of(w), of(x), tf.memory().numTensors - tensors, step.traces, seen]
    }
    const compiled = run()
    process.env.PARLANCE_JIT = '0'
    try {
      expect(run()).toEqual([...compiled.slice(0, -2), 0, [10, 14]])
      expect(() => jit(async () => 0)()).toThrow('must not be async')
    } finally {
      delete process.env.PARLANCE_JIT
    }
    expect(compiled.at(-2)).toBe(1)
  })

  it('tells 0 from −0 and 1 from "1" among the values in a signature', () => {
    const f = jit((x: tf.Tensor, n: number | string | Map<unknown, number>) => {
      const number = n instanceof Map ? [...n.keys()].map((key) => (typeof key === 'number' ? 1 : 2))[0] as number : typeof n === 'string' ? 3 : 1 / n
      return tf.mul(x, Number.isFinite(number) ? number : Math.sign(number))
    })
    const x = vector(1)
    expect([0, -0, '1', new Map([[1, 0]]), new Map([['1', 0]])].map((n) => of(f(x, n))[0])).toEqual([1, -1, 3, 1, 2])
    expect(f.traces).toBe(5)
  })

  it('keeps a bounded number of signatures, and warns once', async () => {
    const warnings: string[] = []
    const listen = (warning: Error) => warnings.push(warning.message)
    process.on('warning', listen)
    const f = jit((x: tf.Tensor, n: number) => tf.mul(x, n))
    const x = vector(1)
    const values = Array.from({ length: 100 }, (_, n) => {
      f(x, 0)
      return of(f(x, n))[0]
    })
    expect(values).toEqual(Array.from({ length: 100 }, (_, n) => n))
    expect(f.traces).toBe(64)
    await new Promise(setImmediate)
    process.off('warning', listen)
    expect(warnings).toEqual([expect.stringContaining('was traced for more than 64 signatures')])
    f.dispose()
  })

  it('draws nothing anew that is computed in the graph, and uses new arguments', () => {
    const f = jit((x: tf.Tensor) => tf.add(x, tf.cast(iota(x.size), 'float32')))
    expect(of(f(vector(1, 1, 1)))).toEqual([1, 2, 3])
    expect(of(f(vector(2, 2, 2)))).toEqual([2, 3, 4])
  })

  it('compiles again for another number of threads, with all tensors kept', async () => {
    const variable = tf.variable(vector(1, 2))
    const pending = tf.neg(vector(5))
    const f = jit((x: tf.Tensor) => variable.assign(tf.add(variable, x) as tf.Tensor1D) as tf.Tensor | undefined)
    f(vector(1, 1))
    expect(await useDevice('cpu', { threads: 2 })).toEqual({ device: 'cpu', threads: 2 })
    f(vector(1, 1))
    expect([of(variable), of(pending)]).toEqual([[3, 4], [-5]])
    await useDevice('cpu', { threads: 1 })
    f(vector(1, 1))
    expect(of(variable)).toEqual([4, 5])
    expect(f.traces).toBe(1)
  })

  it('forgets its traces when disposed', () => {
    const backend = tf.backend() as tf.KernelBackend & { evaluator: { memory: { sessions: number } } }
    const sessions = backend.evaluator.memory.sessions
    const f = jit((x: tf.Tensor) => tf.add(x, 1))
    f(vector(1))
    f(vector(1, 2))
    expect([f.traces, backend.evaluator.memory.sessions - sessions]).toEqual([2, 2])
    f.dispose()
    expect([f.traces, backend.evaluator.memory.sessions - sessions]).toEqual([0, 0])
    expect(of(f(vector(1)))).toEqual([2])
  })
})

describe('what cannot be traced', () => {
  const x = () => vector(1, 2)

  it.each([
    ['reads an argument', (x: tf.Tensor) => tf.scalar(x.dataSync()[0] as number), 'A tensor was read'],
    ['reads a result', (x: tf.Tensor) => tf.scalar(tf.sum(x).arraySync() as number), 'A tensor was read'],
    ['draws from Math.random', (x: tf.Tensor) => tf.mul(x, Math.random()), 'Random numbers were drawn'],
    ['draws from TF.js', (x: tf.Tensor) => tf.mul(x, tf.randomUniform([2])), 'Random numbers were drawn'],
    ['drops out by TF.js', (x: tf.Tensor) => tf.dropout(x, 0.5), 'Random numbers were drawn'],
    ['makes a variable', (x: tf.Tensor) => tf.mul(x, tf.variable(tf.scalar(2))), 'was created inside a function given to jit'],
    ['is async', async (x: tf.Tensor) => tf.neg(await Promise.resolve(x)), 'must not be async'],
    ['gives back a class', () => new Date() as unknown as tf.Tensor, 'the result is an object of class Date'],
    ['gives back a promise', (x: tf.Tensor) => Promise.resolve(x) as unknown as tf.Tensor, 'must not be async'],
    ['is a generator', function* (x: tf.Tensor) { yield x } as unknown as (x: tf.Tensor) => tf.Tensor, 'the result is an object of class'],
    ['decides on a value', (x: tf.Tensor) => (`${x}` > '0' ? x : tf.neg(x)), 'A tensor was read'],
    ['compares a value', (x: tf.Tensor) => ((tf.sum(x) as unknown as number) > 0 ? x : tf.neg(x)), 'A tensor was read'],
    ['prints', (x: tf.Tensor) => (x.print(), x), 'A tensor was read'],
    ['draws from Random', (x: tf.Tensor) => tf.mul(x, new Random(1).next()), 'Random numbers were drawn'],
    ['has a shape error', (x: tf.Tensor) => tf.matMul(x, tf.ones([3, 2])), 'matMul'],
    ['has a broadcast error', (x: tf.Tensor) => tf.add(x, tf.ones([3])), 'could not be broadcast'],
  ] as [string, (x: tf.Tensor) => tf.Tensor, string][])('a function that %s: an error, after which all is as before', (_, fn, message) => {
    const variable = tf.variable(vector(1, 2))
    const { random } = Math
    const tensors = tf.memory().numTensors
    const f = jit((x: tf.Tensor) => {
      variable.assign(tf.add(variable, x) as tf.Tensor1D)
      return fn(x)
    })
    const argument = x()
    expect(() => f(argument)).toThrow(message)
    argument.dispose()
    expect([tf.memory().numTensors, f.traces]).toEqual([tensors, 0])
    expect(Math.random).toBe(random)
    expect(of(variable)).toEqual([1, 2])
    const later = jit((x: tf.Tensor) => tf.add(x, variable))
    expect(of(later(x()))).toEqual([2, 4])
    expect(of(tf.add(x(), variable))).toEqual([2, 4])
  })

  it('a tensor of a trace cannot be used outside', () => {
    let leaked: tf.Tensor[] = []
    const f = jit((x: tf.Tensor) => {
      const y = tf.neg(x)
      leaked = [tf.keep(y), tf.keep(tf.exp(y)), tf.keep(x)]
      return tf.mul(y, 2)
    })
    f(x())
    for (const tensor of leaked) {
      expect(() => tensor.dataSync()).toThrow('was used outside it: return it from the function')
      expect(() => tf.add(tensor, 1)).toThrow('was used outside it: return it from the function')
      expect(() => jit((x: tf.Tensor) => tf.add(x, tensor))(x())).toThrow('was used outside it')
      tensor.dispose()
    }
  })

  it('a disposed variable is missed, whether it is read or assigned, and the others stay as they are', () => {
    const [kept, read, assigned] = [tf.variable(vector(1)), tf.variable(vector(1)), tf.variable(vector(1), true, 'gone')]
    const f = jit((x: tf.Tensor) => {
      kept.assign(tf.add(x, read) as tf.Tensor1D)
      assigned.assign(tf.neg(x) as tf.Tensor1D)
    })
    f(vector(1))
    assigned.dispose()
    expect(() => f(vector(5))).toThrow("A variable 'gone' that a compiled function needs was disposed")
    expect(of(kept)).toEqual([2])
    read.dispose()
    expect(() => f(vector(5))).toThrow('that a compiled function needs was disposed')
  })

  it('a variable that is an argument cannot be assigned', () => {
    const f = jit((w: tf.Variable, x: tf.Tensor) => w.assign(tf.add(w, x)) as unknown as undefined)
    expect(() => f(tf.variable(vector(1)) as tf.Variable, vector(1))).toThrow('A variable that is an argument was assigned')
  })

  it('a disposed argument is an error', () => {
    const f = jit((x: tf.Tensor) => tf.neg(x))
    const x = vector(1)
    f(x)
    x.dispose()
    expect(() => f(x)).toThrow('disposed')
  })

  it('an argument of another class names its place', () => {
    const f = jit((options: { list: unknown[] }) => tf.scalar(options.list.length))
    expect(() => f({ list: [1, new Float32Array(2)] })).toThrow('the argument[0].list[1] is an object of class Float32Array')
    expect(() => f({ list: [() => 0] })).toThrow('the argument[0].list[0] is a function')
    expect(() => f({ list: [Promise.resolve(1)] })).toThrow('of class Promise. Await it before.')
    expect(() => f({ list: [1n] })).toThrow('the argument[0].list[0] is a bigint')
    expect(() => f({ list: [new Map([[{}, 1]])] })).toThrow('The keys of maps given to jit are strings or numbers; one of the argument[0].list[0] is an object of class Object.')
    const self: unknown[] = []
    self.push(self)
    expect(() => f({ list: self })).toThrow('is nested deeper than 64 levels: does it contain itself?')
    expect(() => jit((x: tf.Tensor) => x)(tf.tensor1d(['a']))).toThrow('no strings in tensors: the argument[0] is one of them')
  })

  it('an index out of bounds is an error of that call alone', () => {
    const table = tf.variable(tf.tensor2d([[1], [2], [3]]))
    const f = jit((i: tf.Tensor1D) => {
      const rows = tf.gather(table, i)
      table.assign(tf.add(table, 1) as tf.Tensor2D)
      return rows
    })
    expect(of(f(tf.tensor1d([2, 0], 'int32')))).toEqual([3, 1])
    expect(() => f(tf.tensor1d([3, 0], 'int32'))).toThrow('out of data bounds')
    expect(of(table)).toEqual([2, 3, 4])
    expect(of(f(tf.tensor1d([2, 0], 'int32')))).toEqual([4, 2])
  })
})
