/** Normalisation over the batch and over neighbouring channels. */
import { Value } from '../graph/graph.js'
import { add, div, kernel, mul, op, scalar, sub } from './registry.js'

interface ResponseAttributes {
  depthRadius: number
  bias: number
  alpha: number
  beta: number
}

/** Sums along the last axis over all channels at most `radius` away: a product with a band of ones. */
function sumOfNeighbours(x: Value, radius: number): Value {
  const channels = x.shape.at(-1) as number
  const band = Float32Array.from({ length: channels * channels }, (_, i) => {
    return Math.abs(Math.floor(i / channels) - (i % channels)) <= radius ? 1 : 0
  })
  return op('MatMul', [x, Value.concrete(band, [channels, channels], 'float32')], x.shape, 'float32')
}

function power(x: Value, exponent: number): Value {
  return op('Pow', [x, scalar(exponent)], x.shape, 'float32')
}

/** Local response normalisation's divisor before the power of β: bias + α Σ x² (Krizhevsky et al. 2012). */
function responseNorm(x: Value, { depthRadius, bias, alpha }: ResponseAttributes): Value {
  return add(mul(sumOfNeighbours(mul(x, x), depthRadius), scalar(alpha)), scalar(bias))
}

export function registerNormalization(): void {
  kernel<{ varianceEpsilon?: number }>('FusedBatchNorm', (inputs, { varianceEpsilon = 0.001 }) => {
    const { x, mean, variance, scale, offset } = inputs as Record<'x' | 'mean' | 'variance', Value> & typeof inputs
    const deviation = add(variance, scalar(varianceEpsilon))
    const root = op('Sqrt', [deviation], deviation.shape, 'float32')
    const factor = scale ? div(scale, root) : op('Reciprocal', [root], root.shape, 'float32')
    const scaled = mul(sub(x, mean), factor)
    return offset ? add(scaled, offset) : scaled
  })
  kernel<ResponseAttributes>('LRN', (inputs, a) => {
    const x = inputs.x as Value
    return mul(x, power(responseNorm(x, a), -a.beta))
  })
  // Channels reach each other through the norm: −2αβ xₖ Σ dyⱼ yⱼ / normⱼ over the neighbours j of k.
  kernel<ResponseAttributes>('LRNGrad', (inputs, a) => {
    const { x, y, dy } = inputs as Record<'x' | 'y' | 'dy', Value>
    const norm = responseNorm(x, a)
    const through = sumOfNeighbours(div(mul(dy, y), norm), a.depthRadius)
    return sub(mul(dy, power(norm, -a.beta)), mul(mul(x, through), scalar(2 * a.alpha * a.beta)))
  })
}
