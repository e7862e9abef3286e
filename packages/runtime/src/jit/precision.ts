import { addNode, type Node, Value } from '../graph/graph.js'
import { halvePrecision } from '../graph/half-precision.js'
import { buildModel } from '../onnx/model.js'
import { feedOf, type Provider, Session } from '../onnx/session.js'

/** What the products of a compiled function compute in. */
export type Precision = 'float32' | 'float16'

const reasons = new Map<Provider, string | undefined>()

/**
 * @param backend TF.js's backend in use
 * @param provider what computes in ONNX Runtime, if that does
 * @throws Error when the device does not compute in float16.
 */
export function requireFloat16(backend: string, provider: Provider | undefined): void {
  if (provider && !reasons.has(provider)) reasons.set(provider, provider === 'cpu' ? '' : obstacle(provider))
  const reason = provider ? reasons.get(provider) : ''
  if (reason === undefined) return
  throw new Error(
    `The device '${provider ?? backend}' does not compute in float16${reason}: leave out precision: 'float16', ` +
      "or use a GPU that does ('webgpu' or 'cuda').",
  )
}

/** Why a small product in float16 is not computed on the provider's device, or undefined when it is, and rightly. */
function obstacle(provider: Provider): string | undefined {
  const x = new Value([2, 2], 'float32')
  const [y] = addNode('Gemm', [x, x], {}, [{ shape: [2, 2], type: 'float32' }]) as [Value]
  const nodes: Node[] = halvePrecision([y], { weights: new Set(), others: new Set([x]) })
  const model = buildModel({ nodes, inputs: [{ name: 'x', value: x }], outputs: [{ name: 'y', value: y }] })
  let session: Session | undefined
  try {
    session = new Session(model, { provider })
    if (session.fallsBack) return ' (ONNX Runtime leaves such products to the CPU)'
    const results = session.run({ x: feedOf('float32', Float32Array.of(1, 2, 3, 4), [2, 2]) }, { y: null })
    const isRight = String(results.y?.data) === '7,10,15,22'
    return isRight ? undefined : ' (a product of small whole numbers came out wrong)'
  } catch (error) {
    const [message = ''] = (error as Error).message.split('\n')
    return /requires f16/.test(message) ? " (its adapter has no 'shader-f16')" : ` (${message})`
  } finally {
    session?.dispose()
  }
}
