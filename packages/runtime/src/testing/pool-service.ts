/** What a test runs in the workers of a pool. */
let factor = 0

export async function open(setup: { factor: number }): Promise<void> {
  if (setup.factor === 0) throw new RangeError('no factor')
  factor = setup.factor
}

export async function run(value: number): Promise<{ product: number; pid: number }> {
  if (value < 0) throw new RangeError(`${value} is negative`)
  await new Promise((resolve) => setTimeout(resolve, 5))
  return { product: value * factor, pid: process.pid }
}
