import { type Random, tf } from '@parlance/runtime'
import { dimensions, expectSize, expectWidth } from '../dimensions.js'
import type { Forward } from '../forward.js'
import { type Initializer, uniform } from '../initializers.js'
import { Module, parameter } from '../module.js'
import { PaddedTime } from './padded-time.js'

export interface RecurrentOptions {
  inputs: number
  hidden: number
  random: Random
  /** Default 1. */
  layers?: number
  /** Read every layer in both directions and join what they say. Default false. */
  bidirectional?: boolean
  /** Rate of dropout on the output of every layer but the last. Default 0. */
  dropout?: number
  /**
   * Rate of dropout on the recurrent weights, drawn once a step for all examples (DropConnect as in AWD-LSTM: Merity,
   * Keskar and Socher 2018, section 2). Default 0.
   */
  weightDropout?: number
  /** Default uniform within ±1/√hidden. */
  initializer?: Initializer
}

/** How a kind of recurrent layer differs from the others. */
interface Kind {
  name: string
  /** Rows of the weights per hidden unit. */
  gates: number
  /** Width of the output if it is not `hidden`: a product with a further matrix. */
  projection?: number
}

/** The weights of one direction of one layer: G gates, hidden H, and R the width of what is fed back. */
export interface Cell {
  /** (G·H, inputs) */
  readonly inputWeight: tf.Variable
  /** (G·H, R) */
  readonly recurrentWeight: tf.Variable
  /** (G·H) */
  readonly inputBias: tf.Variable
  /** (G·H) */
  readonly recurrentBias: tf.Variable
  /** (R, H) */
  readonly projection?: tf.Variable
}

/** One direction of one layer over all steps. */
export interface Pass<State> {
  /** x_t, time-major (T·N, C) */
  readonly input: tf.Tensor
  /** x_t Wᵀ + b_ih, time-major (T·N, G·H) */
  readonly gates: tf.Tensor
  readonly cell: Cell
  /** `cell.recurrentWeight`, with some of it dropped while training. */
  readonly recurrentWeight: tf.Tensor
  readonly initial: State
  readonly steps: number
  readonly padded?: PaddedTime | undefined
  readonly training: boolean
}

/**
 * Stacked layers in one or both directions. Parameters have PyTorch's names: `weight_ih_l0`, `weight_hh_l0`, `bias_ih_l0`,
 * `bias_hh_l0`, those of the backward direction with `_reverse` behind. States are listed layer by layer, forward before
 * backward.
 */
export abstract class Recurrent<State> extends Module {
  /** Width of the output: hidden (or the projection) times the number of directions. */
  readonly outputs: number
  /** Layer by layer, forward before backward; named on this object as in PyTorch. */
  private readonly cells: readonly Cell[]
  private readonly name: string
  private readonly inputs: number
  private readonly directions: 1 | 2
  private readonly dropout: number
  private readonly weightDropout: number

  constructor(kind: Kind, { inputs, hidden, random, layers = 1, ...options }: RecurrentOptions) {
    super()
    const { bidirectional = false, dropout = 0, weightDropout = 0, initializer = uniform(1 / Math.sqrt(hidden)) } = options
    expectSize(`The inputs of ${kind.name}`, inputs)
    expectSize(`The hidden width of ${kind.name}`, hidden)
    expectSize(`The layers of ${kind.name}`, layers)
    if (kind.projection !== undefined) expectSize(`The projection of ${kind.name}`, kind.projection)
    this.name = kind.name
    this.inputs = inputs
    this.directions = bidirectional ? 2 : 1
    this.dropout = dropout
    this.weightDropout = weightDropout
    const fedBack = kind.projection ?? hidden
    this.outputs = this.directions * fedBack
    this.cells = Array.from({ length: layers * this.directions }, (_, i) => {
      const layer = Math.floor(i / this.directions)
      const suffix = `l${layer}${i % this.directions === 1 ? '_reverse' : ''}`
      const create = (name: string, ...shape: number[]): tf.Variable => {
        const variable = parameter(initializer(random.fork(`${name}_${suffix}`), shape), shape)
        Object.assign(this, { [`${name}_${suffix}`]: variable })
        return variable
      }
      const rows = kind.gates * hidden
      return {
        inputWeight: create('weight_ih', rows, layer === 0 ? inputs : this.outputs),
        recurrentWeight: create('weight_hh', rows, fedBack),
        inputBias: create('bias_ih', rows),
        recurrentBias: create('bias_hh', rows),
        ...(kind.projection !== undefined && { projection: create('weight_hr', fedBack, hidden) }),
      }
    })
  }

  /** A state of zeros for every layer and direction. */
  initialState(examples: number): State[] {
    return this.cells.map((cell) => this.zeroState(examples, cell))
  }

  /**
   * @param x (N, T, inputs)
   * @param state one for each layer and direction; default zeros
   * @param lengths int32 (N): how many steps of each example are real. What lies beyond is neither read, in either
   *   direction, nor written: outputs are zero there, and final states are those after an example's own last step.
   *   Default: all are real.
   * @returns the last layer's outputs (N, T, outputs), the forward direction's before the backward one's, and the state
   *   of every layer and direction after its last step
   */
  forward(
    x: tf.Tensor,
    context: Forward,
    state?: readonly State[],
    lengths?: tf.Tensor,
  ): { output: tf.Tensor; state: State[] } {
    const [examples, steps, width] = dimensions(x, 3, `The input of ${this.name} (N, T, inputs)`)
    expectWidth(this.name, width, this.inputs)
    const initial = state ?? this.initialState(examples)
    if (initial.length !== this.cells.length) {
      throw new Error(`${this.name} needs ${this.cells.length} states, one per layer and direction, got ${initial.length}.`)
    }
    const padded = lengths && new PaddedTime(lengths, steps, examples)
    const final: State[] = []
    // Time-major, and cleared of padding, from here on.
    let output = swap(x)
    if (padded) output = padded.clear(output)
    for (let first = 0; first < this.cells.length; first += this.directions) {
      if (first > 0 && context.training && this.dropout > 0) {
        output = swap(context.dropout(swap(output), this.dropout))
      }
      const input = output
      const sides = this.cells.slice(first, first + this.directions).map((cell, direction) => {
        const turn = (x: tf.Tensor): tf.Tensor => (direction === 0 ? x : (padded?.reverse(x) ?? tf.reverse(x, 0)))
        const rows = tf.reshape(turn(input), [steps * examples, input.shape[2] as number])
        const run = this.run({
          input: rows,
          gates: tf.add(tf.matMul(rows, cell.inputWeight, false, true), this.inputBias(cell)),
          cell,
          recurrentWeight: context.weightDropout(cell.recurrentWeight, this.weightDropout),
          initial: initial[first + direction] as State,
          steps,
          padded,
          training: context.training,
        })
        final.push(run.state)
        return turn(tf.reshape(run.outputs, [steps, examples, -1]))
      })
      const joined = sides.length === 1 ? (sides[0] as tf.Tensor) : tf.concat(sides, 2)
      output = padded ? padded.clear(joined) : joined
    }
    return { output: swap(output), state: final }
  }

  protected abstract zeroState(examples: number, cell: Cell): State

  /** Runs one direction of one layer: all outputs, time-major (T·N, R), and the state after the last real step. */
  protected abstract run(pass: Pass<State>): { outputs: tf.Tensor; state: State }

  /** The biases that can be added for all steps at once. */
  protected inputBias({ inputBias, recurrentBias }: Cell): tf.Tensor {
    return tf.add(inputBias, recurrentBias)
  }
}

/** (N, T, C) to (T, N, C) and back. */
function swap(x: tf.Tensor): tf.Tensor {
  return tf.transpose(x, [1, 0, 2])
}

/**
 * The state after the last real step when it is one of the outputs.
 *
 * @param outputs (T·N, R)
 */
export function finalOutput(outputs: tf.Tensor, initial: tf.Tensor, steps: number, padded: PaddedTime | undefined): tf.Tensor {
  if (padded) return padded.lastOf(initial, outputs)
  const examples = initial.shape[0] as number
  return steps === 1 ? outputs : tf.slice(outputs, [(steps - 1) * examples, 0], [examples, -1])
}
