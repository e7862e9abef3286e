import { type Classified, expectClassified } from './classified.js'

export interface TemperatureFit {
  /** T: divide logits by it before softmax. */
  temperature: number
  /** Mean negative log likelihood of the labels, in nats: with T = 1, and with this T. */
  before: number
  after: number
}

/** 1 / T is looked for between these. */
const LEAST = 1e-3
const MOST = 1e3
const TOLERANCE = 1e-10

/**
 * Temperature scaling (Guo, Pleiss, Sun and Weinberger 2017): the T > 0 that gives the labels of held-out examples the
 * greatest likelihood under softmax(logits / T). It changes how sure a classifier is, not what it chooses.
 *
 * The likelihood is concave in a = 1 / T, with derivative Σ z_y − E[z] and curvature −Σ Var[z] under the softmax of
 * a·z: Newton's method finds its maximum, bisection where a step leaves the interval that still holds it. Examples
 * that are all right, or that logits are worse than nothing for, drive T to an end of 0.001 … 1000.
 */
export function fitTemperature(data: Classified): TemperatureFit {
  expectClassified(data)
  const start = likelihood(data, 1)
  const fit = (inverse: number): TemperatureFit => ({
    temperature: 1 / inverse,
    before: start.loss,
    after: likelihood(data, inverse).loss,
  })
  if (start.slope === 0) return fit(1)
  if (likelihood(data, MOST).slope >= 0) return fit(MOST)
  if (likelihood(data, LEAST).slope <= 0) return fit(LEAST)
  let [low, high, inverse, here] = [LEAST, MOST, 1, start]
  for (let i = 0; i < 200; i++) {
    if (here.slope > 0) low = inverse
    else high = inverse
    let next = inverse + here.slope / here.curvature
    if (!(next > low && next < high)) next = Math.sqrt(low * high)
    if (Math.abs(next - inverse) <= TOLERANCE * inverse) break
    inverse = next
    here = likelihood(data, inverse)
  }
  return fit(inverse)
}

/** Means over the examples at 1 / T = `inverse`: the loss, minus its derivative, and its second derivative. */
function likelihood({ logits, classes, labels }: Classified, inverse: number): { loss: number; slope: number; curvature: number } {
  let [loss, slope, curvature] = [0, 0, 0]
  for (let i = 0; i < labels.length; i++) {
    const row = i * classes
    let high = -Infinity
    for (let j = 0; j < classes; j++) high = Math.max(high, logits[row + j] as number)
    let [total, first, second] = [0, 0, 0]
    for (let j = 0; j < classes; j++) {
      const z = (logits[row + j] as number) - high
      const weight = Math.exp(inverse * z)
      total += weight
      first += weight * z
      second += weight * z * z
    }
    const mean = first / total
    const ofLabel = (logits[row + (labels[i] as number)] as number) - high
    loss += Math.log(total) - inverse * ofLabel
    slope += ofLabel - mean
    curvature += second / total - mean * mean
  }
  const rows = labels.length
  return { loss: loss / rows, slope: slope / rows, curvature: curvature / rows }
}
