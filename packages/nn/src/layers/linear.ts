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
  /** How the weight lies: 'out-in' (outputs, inputs) as in PyTorch, or 'in-out' as in GPT-2's Conv1D. Default 'out-in'. */
  layout?: 'out-in' | 'in-out'
  /** Default Kaiming uniform with gain √(1/3), that is uniform within ±1/√inputs. The same values in either layout. */
  initializer?: Initializer
}

/** y = x·Wᵀ + b over the last axis. */
export class Linear extends Module {
  readonly weight: tf.Variable
  readonly bias?: tf.Variable
  readonly inputs: number
  readonly outputs: number
  private readonly transposed: boolean

  constructor({ inputs, outputs, random, bias = true, layout = 'out-in', initializer }: LinearOptions) {
    super()
    expectSize('The inputs of Linear', inputs)
    expectSize('The outputs of Linear', outputs)
    this.inputs = inputs
    this.outputs = outputs
    this.transposed = layout === 'out-in'
    const values = (initializer ?? kaimingUniform(Math.sqrt(1 / 3)))(random.fork('weight'), [outputs, inputs])
    this.weight = this.transposed
      ? parameter(values, [outputs, inputs])
      : parameter(transpose(values, outputs, inputs), [inputs, outputs])
    if (bias) this.bias = parameter(zeros(random, [outputs]), [outputs])
  }

  /** From (…, inputs) to (…, outputs). Throws if the last axis is not `inputs`. */
  forward(x: tf.Tensor): tf.Tensor {
    const leading = x.shape.slice(0, -1)
    expectWidth('Linear', x.shape[x.rank - 1], this.inputs)
    const rows = x.rank === 2 ? x : tf.reshape(x, [-1, this.inputs])
    const product = tf.matMul(rows, this.weight, false, this.transposed)
    const sum = this.bias ? tf.add(product, this.bias) : product
    return x.rank === 2 ? sum : tf.reshape(sum, [...leading, this.outputs])
  }
}

function transpose(values: Float32Array, rows: number, columns: number): Float32Array {
  return Float32Array.from(values, (_, i) => values[(i % rows) * columns + Math.floor(i / rows)] as number)
}
