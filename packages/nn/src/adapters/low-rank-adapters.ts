import { type Random, tf } from '@parlance/runtime'
import { type Forward, inference } from '../forward.js'
import { Linear } from '../layers/linear.js'
import { type Module, namedModules, namedParameters } from '../module.js'
import { type AdapterSettings, LowRankAdapter, type Pass } from './low-rank-adapter.js'

export interface LowRankAdaptersOptions extends AdapterSettings {
  /** Which `Linear` layers get an adapter, by dotted name: `(name) => /\.(query|value)$/.test(name)`. */
  layers: (name: string) => boolean
  random: Random
}

interface Attached {
  layer: Linear
  adapter: LowRankAdapter
  /** The layer's weight as it was, while the adapter is merged into it. */
  original?: tf.Tensor | undefined
}

/**
 * Low-rank adapters beside the `Linear` layers of a model, to train instead of it: the model's own parameters are
 * frozen (not `trainable`), `parameters()` is what to optimize. With `training`, give the adapters the step's dropout:
 *
 *     const adapters = new LowRankAdapters(model, { rank: 8, alpha: 16, layers, random })
 *     const parameters = adapters.parameters()
 *     const loss = (batch, step) => { … adapters.training(context, () => model.forward(batch.x, context)) … }
 *
 * A traced function keeps to what it was traced with: trace after attaching, merging or detaching, not before.
 */
export class LowRankAdapters {
  private readonly attached: ReadonlyMap<string, Attached>
  private readonly pass: Pass = { current: inference }
  private readonly frozen: readonly tf.Variable[]
  /** Rank, alpha and dropout. */
  readonly settings: Readonly<Required<AdapterSettings>>

  /** @throws Error when no layer is meant, one has an adapter already, or the settings cannot work. */
  constructor(model: Module, { layers, random, rank, alpha = rank, dropout = 0 }: LowRankAdaptersOptions) {
    this.settings = { rank, alpha, dropout }
    const linear = [...namedModules(model)].filter((entry): entry is [string, Linear] => entry[1] instanceof Linear)
    const chosen = linear.filter(([name]) => layers(name))
    if (chosen.length === 0) {
      const names = linear.slice(0, 3).map(([name]) => name)
      throw new Error(`No layer for an adapter: none of the model's ${linear.length} Linear layers (${names.join(', ')} …) is meant.`)
    }
    for (const [name, { adapter }] of chosen) {
      if (adapter) throw new Error(`${name} has an adapter already: detach or merge that one first.`)
    }
    const adapters = chosen.map(([name, layer]): [string, Attached] => {
      return [name, { layer, adapter: new LowRankAdapter(layer, random.fork(name), this.settings, this.pass) }]
    })
    this.frozen = [...namedParameters(model).values()].filter(({ trainable }) => trainable)
    for (const variable of this.frozen) variable.trainable = false
    for (const [, { layer, adapter }] of adapters) layer.adapter = adapter
    this.attached = new Map(adapters)
  }

  /** The adapters' parameters by the names they have in the model: `….query.adapter.down` and `….query.adapter.up`. */
  parameters(): Map<string, tf.Variable> {
    const parameters = new Map<string, tf.Variable>()
    for (const [name, { adapter }] of this.attached) {
      parameters.set(`${name}.adapter.down`, adapter.down).set(`${name}.adapter.up`, adapter.up)
    }
    return parameters
  }

  /** The adapters by the names of their layers. */
  layers(): Map<string, LowRankAdapter> {
    return new Map([...this.attached].map(([name, { adapter }]) => [name, adapter]))
  }

  /** Does `forward` with the dropout of `context` on the adapters' inputs; outside of it they have none. */
  training<Result>(context: Forward, forward: () => Result): Result {
    this.pass.current = context
    try {
      return forward()
    } finally {
      this.pass.current = inference
    }
  }

  /** Adds each adapter's change to its layer's weight, so that the model costs what it did without. Twice is once. */
  merge(): void {
    for (const attached of this.attached.values()) {
      const { layer, adapter } = attached
      if (attached.original) continue
      attached.original = tf.keep(layer.weight.clone())
      tf.tidy(() => layer.weight.assign(tf.add(layer.weight, adapter.delta())))
      layer.adapter = undefined
    }
  }

  /** Undoes `merge`: the weights are again bit for bit what they were. */
  unmerge(): void {
    for (const attached of this.attached.values()) {
      const { layer, adapter, original } = attached
      if (!original) continue
      layer.weight.assign(original)
      attached.original = undefined
      layer.adapter = adapter
    }
  }

  /** Takes the adapters off and frees them; what is merged stays merged. The model's parameters are trainable again. */
  detach(): void {
    for (const attached of this.attached.values()) {
      attached.layer.adapter = undefined
      attached.original?.dispose()
      attached.adapter.dispose()
    }
    for (const variable of this.frozen) variable.trainable = true
  }
}
