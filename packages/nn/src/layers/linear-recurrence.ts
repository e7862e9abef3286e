import { tf } from '@parlance/runtime'
import { customGradient } from '../custom-gradient.js'
import { dimensions } from '../dimensions.js'
import { expectSameShape } from '../losses/summed.js'
import { before, timeLoop } from './time-loop.js'

/**
 * c_t = f_t ⊙ c_{t−1} + v_t from c_{−1} = 0, for all steps: what is recurrent in simple recurrent units (SRU: Lei et al. 2018;
 * SSRU: Kim et al. 2019), where everything else of a layer is a product over all steps.
 *
 * Its gradient is the same recurrence backwards. Nothing is divided, so that it is as exact as a loop for any f, zeros too.
 *
 * @param decay f (N, T, C)
 * @param input v (N, T, C)
 * @returns c (N, T, C)
 */
export function linearRecurrence(decay: tf.Tensor, input: tf.Tensor): tf.Tensor {
  const [examples, steps, width] = dimensions(input, 3, 'The input of a linear recurrence (N, T, C)')
  expectSameShape('the input of a linear recurrence', input, 'Its decay', decay)
  const timeMajor = (x: tf.Tensor) => tf.reshape(tf.transpose(x, [1, 0, 2]), [steps * examples, width])
  const initial = () => [tf.zeros([examples, width])]
  const rows = customGradient(
    (save, decay, input) => {
      const { outputs } = timeLoop({ steps, initial: initial(), sequences: [decay, input] }, ([c], [f, v]) => {
        const next = tf.add(tf.mul(f as tf.Tensor, c as tf.Tensor), v as tf.Tensor)
        return { state: [next], outputs: [next] }
      })
      const [value] = outputs as [tf.Tensor]
      save([decay, value])
      return {
        value,
        gradient: (dy, saved) => {
          const [decay, value] = saved as [tf.Tensor, tf.Tensor]
          const back = timeLoop({ steps, initial: initial(), sequences: [decay, dy], reverse: true }, ([later], [f, given]) => {
            const toInput = tf.add(given as tf.Tensor, later as tf.Tensor)
            return { state: [tf.mul(f as tf.Tensor, toInput)], outputs: [toInput] }
          })
          const [toInput] = back.outputs as [tf.Tensor]
          return [tf.mul(toInput, before(tf.zeros([examples, width]), value)), toInput]
        },
      }
    },
    timeMajor(decay),
    timeMajor(input),
  )
  return tf.transpose(tf.reshape(rows, [steps, examples, width]), [1, 0, 2])
}
