import { defineConfig } from 'vitest/config'
import type { Reporter } from 'vitest/node'

// Tests resolve every package to its source, so they need no build. 'import' must not be among the conditions: vitest
// hands them to Node, which would then give ES modules to the `require` of CommonJS dependencies.
const conditions = ['@parlance/source', 'node']

/** Ends a run with the line `N passed, N failed`; a file that cannot run and an error outside tests count as failed. */
const closingLine: Reporter = {
  onTestRunEnd(modules, unhandledErrors) {
    const counts = { passed: 0, failed: unhandledErrors.length }
    for (const module of modules) {
      const states = [...module.children.allTests()].map((test) => test.result().state)
      const failed = states.filter((state) => state === 'failed').length
      counts.passed += states.filter((state) => state === 'passed').length
      counts.failed += failed === 0 && !module.ok() ? 1 : failed
    }
    console.log(`${counts.passed} passed, ${counts.failed} failed`)
  },
}

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions, externalConditions: conditions } },
  test: {
    include: ['packages/*/src/**/*.test.ts', 'apps/*/src/**/*.test.ts', 'corpora/src/**/*.test.ts', 'test/**/*.test.ts'],
    reporters: ['default', closingLine],
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
})
