/** Cases for kernels that move, cut, join, index and create. */
import { iota, tf } from '@parlance/runtime'
import { bools, type Case, floats, type Input, ints, of } from './compare.js'

const makers = [floats, ints, bools] as ((shape: readonly number[]) => Input)[]

/** A case for each element type. */
function all(name: string, shapes: readonly (readonly number[])[], compute: Case['compute']): Case[] {
  return makers.map((make) => {
    const inputs = shapes.map((shape) => make(shape))
    return of(`${name} ${inputs[0]?.dtype}`, inputs, compute)
  })
}

/** Where TF.js has no gradient. */
const withoutGradient = (test: Case): Case => ({ ...test, gradient: false })

const X = (x: tf.Tensor | undefined): tf.Tensor => x as tf.Tensor

const stridedSlices: [name: string, arguments_: [number[], number[], number[], number?, number?, number?, number?, number?]][] = [
  ['plain', [[0, 1], [3, 4], [1, 2]]],
  ['backwards', [[2, 3], [0, 0], [-1, -2]]],
  ['begin mask', [[1, 1], [3, 4], [1, 1], 1]],
  ['end mask, backwards', [[2, 3], [0, 0], [-1, -1], 0, 3]],
  ['ellipsis', [[0, 1], [3, 3], [1, 1], 0, 0, 1]],
  ['new axis', [[0, 0, 1], [1, 3, 3], [1, 1, 1], 0, 0, 0, 1]],
  ['shrunk axis', [[1, 0], [2, 4], [1, 1], 0, 0, 0, 0, 1]],
  ['negative places', [[-3, -2], [-1, 4], [1, 1]]],
]

export const shapeTable: Case[] = [
  ...all('reshape', [[2, 6]], (x) => tf.reshape(X(x), [3, -1])),
  ...all('reshape twice and squeeze', [[2, 1, 6]], (x) => tf.squeeze(tf.reshape(tf.reshape(X(x), [12]), [1, 4, 3]))),
  ...all('expandDims', [[2, 3]], (x) => [tf.expandDims(X(x), 0), tf.expandDims(X(x), -1), tf.expandDims(X(x), 1)]),
  ...all('transpose', [[2, 3, 4]], (x) => [tf.transpose(X(x)), tf.transpose(X(x), [1, 0, 2])]),
  ...all('transpose of five axes', [[2, 1, 2, 3, 2]], (x) => tf.transpose(X(x), [4, 2, 0, 1, 3])),
  ...[0, 1, -1].flatMap((axis) => all(`concat over ${axis}`, [[2, 2], [2, 2], [2, 2]], (...parts) => tf.concat(parts, axis))),
  ...all('concat with nothing', [[2, 3], [0, 3]], (...parts) => tf.concat(parts, 0)),
  ...all('concat of nothing', [[0, 2], [0, 5]], (...parts) => tf.concat(parts, 1)),
  ...[0, 1, -1].flatMap((axis) => all(`stack over ${axis}`, [[2, 3], [2, 3]], (...parts) => tf.stack(parts, axis))),
  ...[0, -1].flatMap((axis) => all(`unstack over ${axis}`, [[2, 3]], (x) => tf.unstack(X(x), axis))),
  ...all('split evenly', [[4, 6]], (x) => tf.split(X(x), 3, -1)),
  ...all('split by sizes', [[4, 6]], (x) => tf.split(X(x), [1, -1, 2], 1)),
  ...all('split into one', [[4]], (x) => tf.split(X(x), 1)).map(withoutGradient),
  ...all('slice', [[3, 4, 2]], (x) => [tf.slice(X(x), [1, 0, 1], [2, 3, 1]), tf.slice(X(x), [1], [-1]), tf.slice(X(x), 2)]),
  ...all('slice of nothing', [[3, 4]], (x) => tf.slice(X(x), [1, 2], [0, 2])),
  ...stridedSlices.map(([name, a]) =>
    of(`stridedSlice ${name}`, [floats([3, 4])], (x) => tf.stridedSlice(X(x), ...a), { gradient: false }),
  ),
  ...all('tile', [[2, 3]], (x) => tf.tile(X(x), [2, 3])),
  ...all('tile of five axes', [[1, 2, 1, 2, 1]], (x) => tf.tile(X(x), [2, 1, 3, 1, 2])).map(withoutGradient),
  ...all('broadcastTo', [[2, 1]], (x) => tf.broadcastTo(X(x), [3, 2, 4])),
  of('the kernel BroadcastTo', [floats([2, 1])], (x) => tf.engine().runKernel('BroadcastTo', { x: X(x) }, { shape: [3, 2, 4] }) as tf.Tensor, {
    reference: (x) => tf.broadcastTo(X(x), [3, 2, 4]),
    gradient: false,
  }),
  of('pad', [floats([2, 3])], (x) => tf.pad(X(x), [[1, 0], [2, 1]], 0.5)),
  of('pad of whole numbers', [ints([2, 3])], (x) => tf.pad(X(x), [[1, 0], [2, 1]], 7)),
  of('pad by nothing', [floats([2, 3])], (x) => tf.pad(X(x), [[0, 0], [0, 0]])),
  ...(['reflect', 'symmetric'] as const).flatMap((mode) => [
    of(`mirrorPad ${mode}`, [floats([4])], (x) => tf.mirrorPad(X(x), [[2, 3]], mode), { gradient: false }),
    of(`mirrorPad ${mode} of whole numbers`, [ints([3, 4])], (x) => tf.mirrorPad(X(x), [[1, 2], [0, 1]], mode), { gradient: false }),
  ]),
  ...all('reverse', [[2, 3, 2]], (x) => [tf.reverse(X(x)), tf.reverse(X(x), 1), tf.reverse(X(x), [0, -1])]),
  ...[0, 1, -1].flatMap((axis) =>
    makers.map((make) =>
      of(`gather over ${axis} ${make([1]).dtype}`, [make([3, 3]), ints([4], [2, 0, 2, 1])], (x, i) => tf.gather(X(x), X(i) as tf.Tensor1D, axis)),
    ),
  ),
  of('gather by a matrix', [floats([5, 3]), ints([2, 3], [4, 0, 4, 1, 1, 3])], (x, i) => tf.gather(X(x), X(i) as tf.Tensor2D)),
  of('gather by one index', [floats([5, 3]), ints([], [4])], (x, i) => tf.gather(X(x), X(i) as tf.Tensor1D), { gradient: false }),
  of('gather by no index', [floats([5, 3]), ints([0])], (x, i) => tf.gather(X(x), X(i) as tf.Tensor1D), { gradient: false }),
  of('gather per batch', [floats([2, 4, 3]), ints([2, 2], [3, 0, 1, 1])], (x, i) => tf.gather(X(x), X(i) as tf.Tensor2D, 1, 1), { gradient: false }),
  of('gather per batch, beyond an axis', [floats([2, 3, 4, 2]), ints([2, 5], [3, 0, 1, 1, 2, 0, 0, 1, 3, 3])], (x, i) =>
    tf.gather(X(x), X(i) as tf.Tensor2D, 2, 1), { gradient: false }),
  of('gather per batch, counted from the end', [floats([2, 4]), ints([2, 3], [3, 0, 1, 1, 2, 0])], (x, i) =>
    tf.gather(X(x), X(i) as tf.Tensor2D, 1, -1), { gradient: false }),
  of('gatherND', [floats([3, 4, 2]), ints([2, 2], [2, 3, 0, 1])], (x, i) => tf.gatherND(X(x), X(i)), { gradient: false }),
  of('gatherND of elements', [ints([3, 4]), ints([2, 2, 2], [2, 3, 0, 1, 1, 1, 2, 0])], (x, i) => tf.gatherND(X(x), X(i)), { gradient: false }),
  of('scatterND adds', [ints([4, 1], [4, 1, 4, 0]), floats([4, 3])], (i, u) => tf.scatterND(X(i), X(u), [6, 3]), { gradient: false }),
  of('scatterND of whole numbers', [ints([3, 2], [0, 1, 2, 3, 0, 1]), ints([3])], (i, u) => tf.scatterND(X(i), X(u), [3, 4]), { gradient: false }),
  of('scatterND of one index axis', [ints([3], [4, 1, 4]), floats([3])], (i, u) => tf.scatterND(X(i), X(u), [6]), { gradient: false }),
  of('tensorScatterUpdate', [floats([5, 2]), ints([2, 1], [3, 0]), floats([2, 2])], (x, i, u) => tf.tensorScatterUpdate(X(x), X(i), X(u)), { gradient: false }),
  of('unsortedSegmentSum', [floats([5, 3]), ints([5], [2, 0, 2, 1, 0])], (x, ids) => tf.unsortedSegmentSum(X(x), X(ids) as tf.Tensor1D, 4)),
  of('unsortedSegmentSum leaves out ids of no segment', [floats([4, 2]), ints([4], [-1, 0, 5, 1])], (x, ids) =>
    tf.unsortedSegmentSum(X(x), X(ids) as tf.Tensor1D, 2), { gradient: false }),
  of('oneHot', [ints([4], [0, 2, 5, -1])], (i) => [tf.oneHot(X(i), 3), tf.oneHot(X(i), 3, 5, -1), tf.oneHot(X(i), 3, 1, 0, 'float32')], { gradient: false }),
  of('oneHot of a matrix', [ints([2, 2], [0, 2, 1, 1])], (i) => tf.oneHot(X(i), 3, 0.9, 0.05, 'float32'), { gradient: false }),
  of('topk', [floats([3, 5])], (x) => {
    const { values, indices } = tf.topk(X(x), 3)
    return [values, indices]
  }, { gradient: false }),
  of('topk of equals', [ints([6], [1, 3, 3, 2, 3, 1])], (x) => {
    const { values, indices } = tf.topk(X(x), 4)
    return [values, indices]
  }, { gradient: false }),
  of('fill, zeros and ones', [], () => [tf.fill([2, 3], 0.5), tf.fill([2], 3, 'int32'), tf.fill([], 1, 'bool'), tf.zeros([2]), tf.ones([0, 2])], { gradient: false }),
  of('range', [], () => [tf.range(0, 5), tf.range(1, 2, 0.3), tf.range(5, 1, -2, 'int32'), tf.range(4, -2), tf.range(3, 3)], { gradient: false }),
  of('linspace', [], () => [tf.linspace(0, 1, 5), tf.linspace(3, -3, 4), tf.linspace(2, 9, 1)], { gradient: false }),
  of('iota', [], () => [iota(5), iota(0)], { gradient: false }),
]
