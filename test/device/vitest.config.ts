import { defineConfig } from 'vitest/config'
import base from '../../vitest.config.js'
import { onnxAlone } from './exclusions.js'

/** Layers and losses with their gradients, optimizers, compiled functions and their state, ten-step losses, TF.js's specs. */
export const suites = [
  'packages/nn/src/layers/*.test.ts',
  'packages/nn/src/losses/**/*.test.ts',
  'packages/nn/src/optimizers/*.test.ts',
  'packages/runtime/src/jit/*.test.ts',
  'packages/runtime/src/ops/*.test.ts',
  'packages/lm/src/models.test.ts',
  'packages/asr/src/model/*.test.ts',
  'packages/translation/src/models/architectures.test.ts',
  'test/device/*.suite.ts',
  'test/conformance/tfjs-specs.test.ts',
]

export default defineConfig({
  ...base,
  test: {
    ...base.test,
    include: suites,
    exclude: ['wasm', 'tensorflow'].includes(process.env.PARLANCE_TEST_DEVICE ?? '') ? onnxAlone : [],
    setupFiles: ['test/device/setup.ts'],
    maxWorkers: 1,
    testTimeout: 600_000,
    hookTimeout: 600_000,
  },
})
