import { addNode, Value } from '../graph/graph.js'
import { buildModel } from '../onnx/model.js'
import { type Provider, Session } from '../onnx/session.js'

const kept = new Map<Provider, Session>()

/**
 * Compiles the smallest graph there is on a provider. The session is kept: with a provider's last session its device
 * would go, and with the device all tensors in its memory.
 *
 * @throws what ONNX Runtime says when the provider cannot be had.
 */
export function probe(provider: Provider): void {
  if (kept.has(provider)) return
  const x = new Value([1], 'float32')
  const [y] = addNode('Neg', [x], {}, [x]) as [Value]
  const nodes = y.node ? [y.node] : []
  const model = buildModel({ nodes, inputs: [{ name: 'x', value: x }], outputs: [{ name: 'y', value: y }] })
  kept.set(provider, new Session(model, { provider, threads: 1 }))
}
