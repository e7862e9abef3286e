import type { tf } from '@parlance/runtime'

interface Dimensions {
  1: [number]
  2: [number, number]
  3: [number, number, number]
  4: [number, number, number, number]
}

/** The shape of `x` as a tuple; throws if its rank is not `rank`. `name` says what `x` is, with its axes. */
export function dimensions<Rank extends keyof Dimensions>(x: tf.Tensor, rank: Rank, name: string): Dimensions[Rank] {
  if (x.rank !== rank) throw new Error(`${name} must have ${rank} axes, got shape [${x.shape.join(', ')}].`)
  return x.shape as Dimensions[Rank]
}

/** Throws unless `got`, the last axis of a layer's input, is the width that the layer was built for. */
export function expectWidth(layer: string, got: number | undefined, wanted: number): void {
  if (got !== wanted) throw new Error(`${layer} was built for inputs of width ${wanted}, got ${got}.`)
}

/** Throws unless `value` is a whole number of `least` or more. */
export function expectSize(name: string, value: number, least = 1): void {
  if (!Number.isSafeInteger(value) || value < least) {
    throw new Error(`${name} must be a whole number of ${least} or more, got ${value}.`)
  }
}
