/** Where in the data a step is. */
export interface EpochBatch<T> {
  /** From 0. */
  epoch: number
  batch: T
}

/**
 * Turns the plan of an epoch into a function of the step alone (step 1 is the first), so that a run resumes with
 * nothing but its step: `plan(epoch)` gives the batches of that epoch in order, for example the indices of their
 * examples, and must give the same for the same epoch. Epochs may differ in length.
 *
 * @throws Error when an epoch has no batch.
 */
export function epochBatches<T>(plan: (epoch: number) => readonly T[]): (step: number) => EpochBatch<T> {
  const starts = [0] // batches before each epoch
  let current: { epoch: number; batches: readonly T[] } | undefined
  const planned = (epoch: number) => {
    if (current?.epoch !== epoch) {
      current = { epoch, batches: plan(epoch) }
      if (current.batches.length === 0) throw new Error(`Epoch ${epoch} has no batch: there is too little data.`)
      starts[epoch + 1] = (starts[epoch] as number) + current.batches.length
    }
    return current.batches
  }
  return (step) => {
    const index = step - 1
    let epoch = current?.epoch ?? 0
    while (epoch > 0 && index < (starts[epoch] as number)) epoch--
    while (index >= (starts[epoch] as number) + planned(epoch).length) epoch++
    return { epoch, batch: planned(epoch)[index - (starts[epoch] as number)] as T }
  }
}
