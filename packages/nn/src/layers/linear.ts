import { type Random, tf } from '@parlance/runtime'
import { expectSize, expectWidth } from '../dimensions.js'
import { type Initializer, kaimingUniform, zeros } from '../initializers.js'
import { Module, parameter } from '../module.js'

export interface LinearOptions {
  inputs: number
  outputs: number
  random: Random
  /** Add a bias vector, which starts at zero. Default true. */
  bias?: boolean
  /** Default Kaiming uniform with gain √(1/3), that is uniform within ±1/√inputs. */
  initializer?: Initializer
}

/** x·Wᵀ + b over the last axis: from (…, inputs) to (…, outputs) with a weight (outputs, inputs). */
export function linear(x: tf.Tensor, weight: tf.Tensor, bias?: tf.Tensor): tf.Tensor {
  const [outputs, inputs] = weight.shape as [number, number]
  const rows = x.rank === 2 ? x : tf.reshape(x, [-1, inputs])
  const product = tf.matMul(rows, weight, false, true)
  const sum = bias ? tf.add(product, bias) : product
  return x.rank === 2 ? sum : tf.reshape(sum, [...x.shape.slice(0, -1), outputs])
}

/** What may be added to a Linear beside its own product, such as a low-rank adapter. */
export interface LinearAdapter extends Module {
  /** From the layer's input (…, inputs) to (…, outputs). */
  forward(x: tf.Tensor): tf.Tensor
}

/** y = x·Wᵀ + b over the last axis, plus what an adapter gives. */
export class Linear extends Module {
  /** (outputs, inputs), as in PyTorch. */
  readonly weight: tf.Variable
  readonly bias?: tf.Variable
  adapter?: LinearAdapter | undefined
  readonly inputs: number
  readonly outputs: number

  constructor({ inputs, outputs, random, bias = true, initializer }: LinearOptions) {
    super()
    expectSize('The inputs of Linear', inputs)
    expectSize('The outputs of Linear', outputs)
    this.inputs = inputs
    this.outputs = outputs
    const values = (initializer ?? kaimingUniform(Math.sqrt(1 / 3)))(random.fork('weight'), [outputs, inputs])
    this.weight = parameter(values, [outputs, inputs])
    if (bias) this.bias = parameter(zeros(random, [outputs]), [outputs])
  }

  /** From (…, inputs) to (…, outputs). Throws if the last axis is not `inputs`. */
  forward(x: tf.Tensor): tf.Tensor {
    expectWidth('Linear', x.shape[x.rank - 1], this.inputs)
    const y = linear(x, this.weight, this.bias)
    return this.adapter ? tf.add(y, this.adapter.forward(x)) : y
  }
}
