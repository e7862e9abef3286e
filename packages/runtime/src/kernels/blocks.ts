/** Moving blocks between axes: space to batch and back, depth to space. */
import type { Value } from '../graph/graph.js'
import { tf } from '../tf.js'
import { Ints, kernel, op, reshape, scalar, slice, transpose } from './registry.js'

interface BlockAttributes {
  blockShape: number[]
}

/** x lengthened by `paddings` (one pair per axis) of the number `value`. */
export function pad(x: Value, paddings: readonly (readonly [number, number])[], value: number): Value {
  if (paddings.every(([before, after]) => before === 0 && after === 0)) return x
  const shape = x.shape.map((d, i) => d + (paddings[i]?.[0] as number) + (paddings[i]?.[1] as number))
  const pads = new Ints([...paddings.map((p) => p[0]), ...paddings.map((p) => p[1])])
  return op('Pad', [x, pads, scalar(value, x.type as 'float32')], shape, x.type, { mode: 'constant' })
}

function spaceToBatch(x: Value, { blockShape, paddings }: BlockAttributes & { paddings: [number, number][] }): Value {
  const rest = x.shape.slice(1 + blockShape.length).map((): [number, number] => [0, 0])
  const padded = pad(x, [[0, 0], ...paddings, ...rest], 0)
  const block = tf.util.sizeFromShape(blockShape)
  const shape = [...padded.shape]
  const split = tf.backend_util.getReshaped(shape, blockShape, block, false)
  const order = tf.backend_util.getPermuted(split.length, blockShape.length, false)
  return reshape(transpose(reshape(padded, split), order), tf.backend_util.getReshapedPermuted(shape, blockShape, block, false))
}

function batchToSpace(x: Value, { blockShape, crops }: BlockAttributes & { crops: [number, number][] }): Value {
  const block = tf.util.sizeFromShape(blockShape)
  const shape = [...x.shape]
  const split = tf.backend_util.getReshaped(shape, blockShape, block)
  const order = tf.backend_util.getPermuted(split.length, blockShape.length)
  const joined = tf.backend_util.getReshapedPermuted(shape, blockShape, block)
  const begin = tf.backend_util.getSliceBeginCoords(crops, blockShape.length)
  const size = tf.backend_util.getSliceSize(joined, crops, blockShape.length)
  const whole = reshape(transpose(reshape(x, split), order), joined)
  return slice(whole, joined.map((_, i) => begin[i] ?? 0), joined.map((d, i) => size[i] ?? d))
}

/** Channels (block, block, depth) become block × block pixels of `depth` channels. */
function depthToSpace(x: Value, block: number, dataFormat: 'NHWC' | 'NCHW'): Value {
  const last = dataFormat === 'NHWC'
  const [batch, a, b, c] = x.shape as [number, number, number, number]
  const [height, width, channels] = last ? [a, b, c] : [b, c, a]
  const depth = channels / (block * block)
  if (last) {
    const split = reshape(x, [batch, height, width, block, block, depth])
    return reshape(transpose(split, [0, 1, 3, 2, 4, 5]), [batch, height * block, width * block, depth])
  }
  const split = reshape(x, [batch, block, block, depth, height, width])
  return reshape(transpose(split, [0, 3, 4, 1, 5, 2]), [batch, depth, height * block, width * block])
}

export function registerBlocks(): void {
  kernel<BlockAttributes & { paddings: [number, number][] }>('SpaceToBatchND', ({ x }, a) => spaceToBatch(x as Value, a))
  kernel<BlockAttributes & { crops: [number, number][] }>('BatchToSpaceND', ({ x }, a) => batchToSpace(x as Value, a))
  kernel<{ blockSize: number; dataFormat: 'NHWC' | 'NCHW' }>('DepthToSpace', ({ x }, { blockSize, dataFormat }) =>
    depthToSpace(x as Value, blockSize, dataFormat),
  )
}
