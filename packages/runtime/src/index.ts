export { tf } from './tf.js'
export { Random } from './random.js'
