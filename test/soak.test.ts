import { useDevice } from '@parlance/runtime'
import { beforeAll, describe, expect, it } from 'vitest'
import { type Sample, soak } from './bench/soak/soak.js'

beforeAll(async () => {
  await useDevice('cpu', { threads: 1 })
})

describe('a long training leaves nothing behind', () => {
  it.each(['jit', 'eager'] as const)('%s: tensors, buffers, sessions and resident memory stay flat over 2,000 steps', (mode) => {
    const [warm, ...later] = soak({ mode, steps: 2000, every: 500 }) as [Sample, ...Sample[]]
    for (const { tensors, buffers, sessions } of later) {
      expect({ tensors, buffers, sessions }).toEqual({ tensors: warm.tensors, buffers: warm.buffers, sessions: warm.sessions })
    }
    // One activation (64 KiB) left behind at every step would be 96 MiB; heaps grow in steps.
    expect((later.at(-1) as Sample).residentBytes - warm.residentBytes).toBeLessThan(64 * 2 ** 20)
  })
})
