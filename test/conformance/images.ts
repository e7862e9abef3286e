/** Cases for images and volumes. */
import { tf } from '@parlance/runtime'
import { between, type Case, floats, ints, of } from './compare.js'

const tolerance = 3e-5

const X4 = (x: tf.Tensor | undefined) => x as tf.Tensor4D
const X5 = (x: tf.Tensor | undefined) => x as tf.Tensor5D

const volumes = (['valid', 'same'] as const).flatMap((pad) =>
  [1, 2].flatMap((stride) => [
    of(`conv3d ${pad} stride ${stride}`, [floats([2, 4, 5, 3, 2]), floats([2, 3, 2, 2, 3])], (x, w) => tf.conv3d(X5(x), X5(w), stride, pad), { tolerance }),
    of(`maxPool3d ${pad} stride ${stride}`, [floats([2, 4, 5, 3, 2])], (x) => tf.maxPool3d(X5(x), 2, stride, pad)),
    // TF.js divides the gradient by the size of the window, padding included.
    of(`avgPool3d ${pad} stride ${stride}`, [floats([2, 4, 5, 3, 2])], (x) => tf.avgPool3d(X5(x), 2, stride, pad), { gradient: pad === 'valid' }),
    of(`dilation2d ${pad} stride ${stride}`, [floats([2, 6, 5, 2]), floats([2, 3, 2])], (x, w) => tf.dilation2d(X4(x), w as tf.Tensor3D, stride, pad)),
  ]),
)

const resizes = [[4, 6], [7, 3], [1, 1], [5, 5]].flatMap(([height, width]) =>
  [[false, false], [true, false], [false, true]].flatMap(([align, half]) => {
    const size: [number, number] = [height as number, width as number]
    const name = `${align ? ' aligned' : ''}${half ? ' by half pixels' : ''} to [${size}]`
    // TF.js's gradients are right only of one square image and without half pixels.
    const options = { gradient: !half }
    return [
      of(`resizeBilinear${name}`, [floats([1, 5, 5, 2])], (x) => tf.image.resizeBilinear(X4(x), size, align, half), options),
      of(`resizeNearestNeighbor${name}`, [floats([1, 5, 5, 2])], (x) => tf.image.resizeNearestNeighbor(X4(x), size, align, half), options),
    ]
  }),
)

const boxes = floats([3, 4], [0, 0, 1, 1, 0.1, 0.7, 0.9, 0.2, -0.3, 0.2, 1.4, 0.8])

const crops = (['bilinear', 'nearest'] as const).flatMap((method) =>
  [[3, 4], [4, 3]].map((size) =>
    of(`cropAndResize ${method} to [${size}]`, [floats([2, 5, 4, 3]), boxes, ints([3], [1, 0, 1])], (x, b, i) =>
      tf.image.cropAndResize(X4(x), b as tf.Tensor2D, i as tf.Tensor1D, size as [number, number], method, 0.5), { gradient: false }),
  ),
)

const blocks = [
  of('spaceToBatchND', [floats([2, 4, 6, 3])], (x) => tf.spaceToBatchND(X4(x), [2, 3], [[0, 2], [1, 2]])),
  of('batchToSpaceND', [floats([12, 2, 3, 2])], (x) => tf.batchToSpaceND(X4(x), [2, 3], [[0, 1], [2, 1]])),
  of('depthToSpace', [floats([2, 3, 2, 12])], (x) => tf.depthToSpace(X4(x), 2, 'NHWC'), { gradient: false }),
  of('depthToSpace, channels first', [floats([2, 12, 3, 2])], (x) => tf.depthToSpace(X4(x), 2, 'NCHW'), {
    gradient: false,
    reference: (x) => tf.transpose(tf.depthToSpace(tf.transpose(X4(x), [0, 2, 3, 1]), 2, 'NHWC'), [0, 3, 1, 2]),
  }),
]

export const imageTable: Case[] = [
  ...volumes,
  ...resizes,
  ...crops,
  ...blocks,
  of('conv3dTranspose', [floats([2, 2, 3, 2, 3]), floats([2, 3, 2, 2, 3])], (x, w) => tf.conv3dTranspose(X5(x), X5(w), [2, 4, 5, 3, 2], 2, 'same'), { gradient: false, tolerance }),
  of('dilation2d of wide filters', [floats([1, 7, 6, 2]), floats([2, 2, 2])], (x, w) => tf.dilation2d(X4(x), w as tf.Tensor3D, 1, 'valid', [2, 3])),
  of('localResponseNormalization', [floats([2, 3, 2, 7])], (x) => tf.localResponseNormalization(X4(x), 2, 1.5, 0.3, 0.75)),
  of('flipLeftRight', [floats([2, 3, 4, 2])], (x) => tf.image.flipLeftRight(X4(x)), { gradient: false }),
  ...[false, true].map((batch) =>
    of(`maxPoolWithArgmax ${batch ? 'over the batch' : 'per image'}`, [floats([2, 5, 4, 3])], (x) => {
      const { result, indexes } = tf.maxPoolWithArgmax(X4(x), 3, 2, 'same', batch)
      return [result as tf.Tensor, indexes as tf.Tensor]
    }, { gradient: false }),
  ),
  of('maxPool of windows that lie in the padding', [floats([1, 3, 3, 2])], (x) => tf.maxPool(X4(x), 2, 3, 1, 'ceil'), { gradient: false }),
  of('avgPool of windows that lie in the padding', [floats([1, 3, 3, 2])], (x) => tf.avgPool(X4(x), 2, 3, 1, 'ceil'), { gradient: false }),
  of('conv2dTranspose of more than it needs', [between(0, 1, [1, 8, 8, 2]), floats([3, 3, 3, 2])], (x, w) =>
    tf.conv2dTranspose(X4(x), X4(w), [1, 4, 4, 3], 1, 'same'), { gradient: false, tolerance }),
]
