// The learning rate of one thread: it falls linearly with what all threads have done.

/** After how many words or examples of this thread the rate is set anew. */
const INTERVAL: i32 = 10000
const LEAST_RATE: f64 = 0.0001

/** Of the next step. */
export let rate: f32 = 0

let progress: usize = 0
let total: f64 = 0
let initial: f64 = 0
let pending: i32 = 0

function setRate(done: i64): void {
  rate = <f32>(initial * max(LEAST_RATE, 1 - <f64>done / (total + 1)))
}

/**
 * Begins with what is done already.
 *
 * @param progressAddress what is done (int64), then an int32 that ends the training when it is not 0
 */
export function startSchedule(progressAddress: usize, totalCount: f64, initialRate: f32): void {
  progress = progressAddress
  total = totalCount
  initial = <f64>initialRate
  pending = 0
  setRate(atomic.load<i64>(progress))
}

export function countDone(count: i32): void {
  pending += count
  if (pending <= INTERVAL) return
  setRate(atomic.add<i64>(progress, pending) + pending)
  pending = 0
}

/** Counts the last ones. */
export function finishSchedule(): void {
  atomic.add<i64>(progress, pending)
  pending = 0
}

/** Whether the training is to end. */
export function isStopped(): bool {
  return atomic.load<i32>(progress, 8) != 0
}
