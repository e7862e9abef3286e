import { defineConfig } from 'vitest/config'

// Tests resolve every package to its source, so they need no build. 'import' must not be among the conditions: vitest
// hands them to Node, which would then give ES modules to the `require` of CommonJS dependencies.
const conditions = ['@parlance/source', 'node']

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions, externalConditions: conditions } },
  test: {
    include: ['packages/*/src/**/*.test.ts', 'apps/*/src/**/*.test.ts', 'corpora/src/**/*.test.ts', 'test/**/*.test.ts'],
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
})
