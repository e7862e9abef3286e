/** log(eᵃ + eᵇ), where −∞ stands for a probability of zero. */
export function logAdd(a: number, b: number): number {
  const high = Math.max(a, b)
  return high === -Infinity ? high : high + Math.log1p(Math.exp(-Math.abs(a - b)))
}
