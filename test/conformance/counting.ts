/** Cases for counting, running products, sparse values and complex numbers. */
import { tf } from '@parlance/runtime'
import { type Case, floats, ints, of } from './compare.js'

const X1 = (x: tf.Tensor | undefined) => x as tf.Tensor1D
const X2 = (x: tf.Tensor | undefined) => x as tf.Tensor2D
const none = { gradient: false }

const products = [0, 1, 2].flatMap((axis) =>
  [[false, false], [true, false], [false, true], [true, true]].map(([exclusive, reverse]) =>
    of(`cumprod of axis ${axis}${exclusive ? ' exclusive' : ''}${reverse ? ' reverse' : ''}`, [floats([2, 7, 3])], (x) =>
      tf.cumprod(x as tf.Tensor, axis, exclusive, reverse), none),
  ),
)

const sorted = floats([2, 5], [-2, 0, 0, 1, 4, -1, -1, 0, 2, 2])
const sought = floats([2, 4], [0, -3, 5, 1.5, -1, 2, 2.5, 0])

const parts = (z: tf.Tensor): tf.Tensor[] => [tf.real(z), tf.imag(z)]
const complex = (a: tf.Tensor | undefined, b: tf.Tensor | undefined) => tf.complex(a as tf.Tensor, b as tf.Tensor)

const moved = (x: tf.Tensor): tf.Tensor => tf.transpose(tf.concat([tf.slice(x, [1, 0], [2, 3]), tf.reverse(x, 0)]))

const transforms = [[3, 8], [2, 6], [7], [1]].flatMap((shape) => [
  of(`fft [${shape}]`, [floats(shape), floats(shape)], (a, b) => parts(tf.spectral.fft(complex(a, b))), none),
  of(`ifft [${shape}]`, [floats(shape), floats(shape)], (a, b) => parts(tf.spectral.ifft(complex(a, b))), none),
  of(`rfft and back [${shape}]`, [floats(shape)], (x) => {
    const spectrum = tf.spectral.rfft(x as tf.Tensor)
    return [...parts(spectrum), tf.spectral.irfft(spectrum)]
  }, none),
])

export const countingTable: Case[] = [
  ...products,
  of('cumprod of whole numbers', [ints([9])], (x) => tf.cumprod(x as tf.Tensor), none),
  of('the gradient of prod', [floats([3, 4])], (x) => tf.prod(x as tf.Tensor, 1)),
  of('bincount', [ints([7], [3, 0, 3, 9, 1, 3, 0]), floats([0])], (x, w) => tf.bincount(X1(x), X1(w), 5), none),
  of('bincount of weights', [ints([5], [3, 0, 3, 9, 1]), floats([5])], (x, w) => tf.bincount(X1(x), X1(w), 5), none),
  of('denseBincount of rows', [ints([2, 4], [3, 0, 3, 9, 1, 1, 1, 0]), floats([0, 0])], (x, w) => tf.denseBincount(X2(x), X2(w), 4), none),
  of('denseBincount of weights', [ints([2, 3], [3, 0, 3, 9, 1, 1]), floats([2, 3])], (x, w) => tf.denseBincount(X2(x), X2(w), 4), none),
  of('denseBincount, binary', [ints([2, 3], [3, 0, 3, 9, 1, 1]), ints([0, 0])], (x, w) => tf.denseBincount(X2(x), X2(w), 4, true), none),
  of('searchSorted left', [sorted, sought], (s, v) => tf.searchSorted(s as tf.Tensor, v as tf.Tensor, 'left'), none),
  of('searchSorted right', [sorted, sought], (s, v) => tf.searchSorted(s as tf.Tensor, v as tf.Tensor, 'right'), none),
  of('diag', [floats([2, 3], [1, NaN, Infinity, -2, 0, 4])], (x) => tf.diag(x as tf.Tensor), none),
  of('sparseToDense', [ints([3, 2], [0, 1, 2, 0, 1, 3]), floats([3])], (i, v) => tf.sparseToDense(X2(i), X1(v), [3, 4], tf.scalar(-1)), none),
  of('sparseToDense of one value', [ints([2], [4, 1]), floats([])], (i, v) => tf.sparseToDense(X1(i), v as tf.Scalar, [6], tf.scalar(0.5)), none),
  of('products of complex numbers', [floats([2, 3]), floats([2, 3]), floats([2, 3]), floats([2, 3])], (a, b, c, d) =>
    parts(tf.mul(complex(a, b), complex(c, d))), none),
  of('sums, slices and absolute values of complex numbers', [floats([4, 3]), floats([4, 3])], (a, b) => {
    const z = complex(a, b)
    return [...parts(moved(tf.sub(z, tf.zerosLike(z)))), ...tf.unstack(tf.abs(tf.reshape(z, [2, 6]))), tf.cast(z, 'float32')]
  }, {
    gradient: false,
    // TF.js's own backend moves no complex numbers.
    reference: (...x) => {
      const [a, b] = x as [tf.Tensor, tf.Tensor]
      const absolute = tf.sqrt(tf.add(tf.square(a), tf.square(b)))
      return [moved(a), moved(b), ...tf.unstack(tf.reshape(absolute, [2, 6])), a]
    },
  }),
  ...transforms,
]
