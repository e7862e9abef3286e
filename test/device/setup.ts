/** Lets tests that ask for the CPU compute on the device that the environment names instead. */
import { beforeEach, vi } from 'vitest'
import type * as devices from '../../packages/runtime/src/device.js'
import { exclusions } from './exclusions.js'

const device = process.env.PARLANCE_TEST_DEVICE as devices.DeviceName

vi.mock('../../packages/runtime/src/device.js', async (original) => {
  const module = await original<typeof devices>()
  return { ...module, useDevice: () => module.useDevice(device, { threads: 1 }) }
})

beforeEach(({ task, skip }) => {
  const exclusion = exclusions.find(({ devices, tests }) => devices.includes(device) && tests.test(task.name))
  if (exclusion) skip(exclusion.because)
})
