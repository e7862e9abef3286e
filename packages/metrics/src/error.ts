/** Input that a metric is not defined for: different numbers of lines, an empty corpus, a count that is not one. */
export class MetricError extends Error {
  override readonly name = 'MetricError'
}
