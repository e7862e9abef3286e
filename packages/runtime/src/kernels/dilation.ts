/** Morphological dilation: the largest sum of a window and a filter, and its gradients. */
import { Value } from '../graph/graph.js'
import { tf } from '../tf.js'
import { pad } from './blocks.js'
import { where } from './elementwise.js'
import { add, cast, Ints, kernel, op, reshape, scalar, transpose } from './registry.js'
import { pads, reach, type Shape4, type Sliding, slidingOf } from './spatial.js'

interface DilationAttributes {
  strides: [number, number] | number
  pad: 'valid' | 'same' | number
  dilations: [number, number] | number
}

interface Dilated {
  plan: Sliding
  /** For each place in the filter, row by row, what it proposes for every output: (batch, height, width, channels). */
  proposals: Value[]
  largest: Value
}

function dilate(x: Value, filter: Value, { strides, pad: padding, dilations }: DilationAttributes): Dilated {
  const window = filter.shape as [number, number, number]
  const plan = slidingOf(tf.backend_util.computeDilation2DInfo(x.shape as Shape4, window, strides, padding, 'NHWC', dilations))
  const [top, left, bottom, right] = pads(plan) as Shape4
  const padded = pad(x, [[0, 0], [top, bottom], [left, right], [0, 0]], -Infinity)
  const shape = [plan.batch, ...plan.output, plan.inChannels]
  const proposals: Value[] = []
  const [stepDown, stepRight] = plan.strides as [number, number]
  const [apartDown, apartRight] = plan.dilations as [number, number]
  for (let row = 0; row < window[0]; row++) {
    for (let column = 0; column < window[1]; column++) {
      const begin = [row * apartDown, column * apartRight] as const
      const end = [begin[0] + (shape[1] as number) * stepDown, begin[1] + (shape[2] as number) * stepRight]
      const seen = op('Slice', [padded, new Ints(begin), new Ints(end), new Ints([1, 2]), new Ints(plan.strides)], shape, x.type)
      const weight = op('Slice', [filter, new Ints([row, column]), new Ints([row + 1, column + 1]), new Ints([0, 1])], [1, 1, window[2]], x.type)
      proposals.push(add(seen, weight))
    }
  }
  return { plan, proposals, largest: op('Max', proposals, shape, x.type) }
}

/** For each place in the filter, dy where its proposal was the first of the largest, 0 elsewhere. */
function shares(dy: Value, { proposals, largest }: Dilated): Value[] {
  let open: Value | undefined
  return proposals.map((proposal) => {
    const equal = op('Equal', [proposal, largest], largest.shape, 'bool')
    const chosen = open ? op('And', [equal, open], largest.shape, 'bool') : equal
    const others = op('Not', [equal], largest.shape, 'bool')
    open = open ? op('And', [open, others], largest.shape, 'bool') : others
    return where(chosen, dy, scalar(0))
  })
}

function filterGradient(dy: Value, filter: Value, dilated: Dilated): Value {
  const sums = shares(dy, dilated).map((share) => {
    const sum = op('ReduceSum', [share, new Ints([0, 1, 2])], [filter.shape[2] as number], 'float32', { keepdims: 0 })
    return reshape(sum, [1, filter.shape[2] as number])
  })
  return reshape(op('Concat', sums, [sums.length, filter.shape[2] as number], 'float32', { axis: 0 }), filter.shape)
}

/** Moves each share to where its proposal came from: a transposed convolution with one one per place in the filter. */
function inputGradient(dy: Value, x: Value, dilated: Dilated): Value {
  const { plan } = dilated
  const { batch, inChannels: channels, input, output, filter, before, after } = plan
  const places = dilated.proposals.length
  const stacked = shares(dy, dilated).map((share) => reshape(transpose(share, [0, 3, 1, 2]), [batch, channels, 1, ...output]))
  const all = op('Concat', stacked, [batch, channels, places, ...output], 'float32', { axis: 2 })
  const ones = Float32Array.from({ length: channels * places * places }, (_, i) => {
    return Math.floor(i / places) % places === i % places ? 1 : 0
  })
  const attributes = {
    strides: plan.strides,
    dilations: plan.dilations,
    pads: pads(plan),
    output_padding: input.map((size, i) => size + (before[i] as number) + (after[i] as number) - reach(plan, i)),
    group: channels,
  }
  const weights = Value.concrete(ones, [channels * places, 1, ...filter], 'float32')
  const inputs = [reshape(all, [batch, channels * places, ...output]), weights]
  return reshape(transpose(op('ConvTranspose', inputs, [batch, channels, ...input], 'float32', attributes), [0, 2, 3, 1]), x.shape)
}

export function registerDilation(): void {
  const operands = (inputs: Readonly<Record<string, Value>>) => {
    const { x, filter, dy } = inputs as Record<'x' | 'filter' | 'dy', Value>
    return { x, filter, dy: dy && cast(dy, 'float32') }
  }
  kernel<DilationAttributes>('Dilation2D', (inputs, a) => {
    const { x, filter } = operands(inputs)
    return dilate(x, filter, a).largest
  })
  kernel<DilationAttributes>('Dilation2DBackpropFilter', (inputs, a) => {
    const { x, filter, dy } = operands(inputs)
    return filterGradient(dy, filter, dilate(x, filter, a))
  })
  kernel<DilationAttributes>('Dilation2DBackpropInput', (inputs, a) => {
    const { x, filter, dy } = operands(inputs)
    return inputGradient(dy, x, dilate(x, filter, a))
  })
}
