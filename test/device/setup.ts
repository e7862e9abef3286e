/** Lets tests that ask for the CPU compute on the device that the environment names instead. */
import { beforeEach, type RunnerTestCase, type RunnerTestSuite, vi } from 'vitest'
import type * as devices from '../../packages/runtime/src/device.js'
import { exclusions } from './exclusions.js'

const device = process.env.PARLANCE_TEST_DEVICE as devices.DeviceName

vi.mock('../../packages/runtime/src/device.js', async (original) => {
  const module = await original<typeof devices>()
  return { ...module, useDevice: () => module.useDevice(device, { threads: 1 }) }
})

beforeEach(({ task, skip }) => {
  const exclusion = exclusions.find(({ devices, tests }) => devices.includes(device) && tests.test(fullName(task)))
  if (exclusion) skip(exclusion.because)
})

/** `FILE > SUITE > TEST` */
function fullName(task: RunnerTestCase | RunnerTestSuite): string {
  return task.suite ? `${fullName(task.suite)} > ${task.name}` : `${task.file.name} > ${task.name}`
}
