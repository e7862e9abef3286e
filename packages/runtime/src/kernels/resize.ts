/** Resizing images (batch, height, width, channels) to nearest pixels or bilinearly, and the gradients. */
import { Value } from '../graph/graph.js'
import { add, cast, kernel, mul, op, reshape, sub } from './registry.js'

interface ResizeAttributes {
  alignCorners: boolean
  halfPixelCenters: boolean
  size: [number, number]
}

type Placement = Pick<ResizeAttributes, 'alignCorners' | 'halfPixelCenters'>

/** Old pixels per new pixel along one axis. */
function scaleOf(before: number, after: number, { alignCorners }: Placement): number {
  return alignCorners && after > 1 ? (before - 1) / (after - 1) : before / after
}

/** For each new pixel, the old one that is nearest, as TF.js rounds. */
function nearest(before: number, after: number, placement: Placement): Int32Array {
  const scale = scaleOf(before, after, placement)
  const offset = placement.halfPixelCenters ? 0.5 : 0
  const round = placement.alignCorners ? Math.round : Math.floor
  return Int32Array.from({ length: after }, (_, i) => Math.max(0, Math.min(before - 1, round(scale * (i + offset)))))
}

interface Interpolation {
  below: Int32Array
  above: Int32Array
  /** What the pixel above weighs; the one below weighs the rest. */
  weight: Float32Array
}

/** For each new pixel, the two old ones that it lies between. */
function between(before: number, after: number, placement: Placement): Interpolation {
  const scale = scaleOf(before, after, placement)
  const at = Array.from({ length: after }, (_, i) => (placement.halfPixelCenters ? scale * (i + 0.5) - 0.5 : scale * i))
  const below = Int32Array.from(at, (x) => Math.max(0, Math.floor(x)))
  return {
    below,
    above: Int32Array.from(at, (x) => Math.min(before - 1, Math.ceil(x))),
    weight: Float32Array.from(at, (x, i) => x - (below[i] as number)),
  }
}

function gather(x: Value, indices: Int32Array, axis: number): Value {
  const shape = x.shape.map((d, i) => (i === axis ? indices.length : d))
  return op('Gather', [x, Value.concrete(indices, [indices.length], 'int32')], shape, x.type, { axis })
}

function interpolate(x: Value, size: number, axis: number, placement: Placement): Value {
  const { below, above, weight } = between(x.shape[axis] as number, size, placement)
  const low = gather(x, below, axis)
  const shape = x.shape.map((_, i) => (i === axis ? size : 1))
  return add(low, mul(sub(gather(x, above, axis), low), Value.concrete(weight, shape, 'float32')))
}

/** Adds, along one axis, each element of dy to the old pixels that it came from: a product with their weights. */
function collect(dy: Value, weights: Float32Array, size: number, axis: 1 | 2): Value {
  const [batch, height, width, channels] = dy.shape as [number, number, number, number]
  const [rows, columns] = axis === 1 ? [height, width * channels] : [width, channels]
  const leading = axis === 1 ? batch : batch * height
  const matrix = Value.concrete(weights, [size, rows], 'float32')
  const product = op('MatMul', [matrix, reshape(dy, [leading, rows, columns])], [leading, size, columns], 'float32')
  return reshape(product, dy.shape.map((d, i) => (i === axis ? size : d)))
}

/** How much each old pixel (row) counts in each new one (column). */
type Weights = (before: number, after: number) => Float32Array

function gradient(dy: Value, images: Value, weightsOf: Weights): Value {
  const [height, width] = images.shape.slice(1, 3) as [number, number]
  const byRows = collect(dy, weightsOf(height, dy.shape[1] as number), height, 1)
  return collect(byRows, weightsOf(width, dy.shape[2] as number), width, 2)
}

function nearestWeights(placement: Placement): Weights {
  return (before, after) => {
    const weights = new Float32Array(before * after)
    nearest(before, after, placement).forEach((old, i) => (weights[old * after + i] = 1))
    return weights
  }
}

function bilinearWeights(placement: Placement): Weights {
  return (before, after) => {
    const weights = new Float32Array(before * after)
    const { below, above, weight } = between(before, after, placement)
    weight.forEach((share, i) => {
      const [low, high] = [(below[i] as number) * after + i, (above[i] as number) * after + i]
      weights[low] = (weights[low] as number) + 1 - share
      weights[high] = (weights[high] as number) + share
    })
    return weights
  }
}

export function registerResizing(): void {
  kernel<ResizeAttributes>('ResizeNearestNeighbor', ({ images }, { size, ...placement }) => {
    const x = images as Value
    const [height, width] = x.shape.slice(1, 3) as [number, number]
    return gather(gather(x, nearest(height, size[0], placement), 1), nearest(width, size[1], placement), 2)
  })
  kernel<ResizeAttributes>('ResizeBilinear', ({ images }, { size, ...placement }) => {
    const x = cast(images as Value, 'float32')
    return interpolate(interpolate(x, size[0], 1, placement), size[1], 2, placement)
  })
  kernel<ResizeAttributes>('ResizeNearestNeighborGrad', ({ dy, images }, placement) =>
    gradient(dy as Value, images as Value, nearestWeights(placement)),
  )
  kernel<ResizeAttributes>('ResizeBilinearGrad', ({ dy, images }, placement) =>
    gradient(dy as Value, images as Value, bilinearWeights(placement)),
  )
}
