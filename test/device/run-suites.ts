import { spawnSync } from 'node:child_process'
import path from 'node:path'
import type { Device } from '@parlance/runtime'

const root = path.resolve(import.meta.dirname, '../..')

/** Runs the suites of `vitest.config.ts` on a device, in fresh processes; gives the exit code. */
export function runSuites(device: Device, environment: Readonly<Record<string, string>>, files: readonly string[] = []): number {
  const vitest = path.join(root, 'node_modules/vitest/vitest.mjs')
  const { status, error } = spawnSync(process.execPath, [vitest, 'run', '--config', 'test/device/vitest.config.ts', ...files], {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, ...environment, PARLANCE_TEST_DEVICE: device },
  })
  if (error) throw error
  return status ?? 1
}
