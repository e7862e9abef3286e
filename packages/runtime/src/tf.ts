/** TF.js, the one copy that every package uses: `tf.matMul`, `tf.variable`, `tf.Tensor`, … */
export * as tf from '@tensorflow/tfjs'
