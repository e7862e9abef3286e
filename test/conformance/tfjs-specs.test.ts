import { beforeAll, describe, expect, it } from 'vitest'
import type { DeviceName } from '@parlance/runtime'
import { skipsOn } from './skips.js'
import { runSpecs, type SpecResult } from './tfjs-specs/run.js'

/** Milliseconds. On a GPU that a program plays, the specs take minutes. */
const LIMIT = 900_000

/** TF.js's own suite on another device: PARLANCE_TEST_DEVICE=… npx vitest run test/conformance/tfjs-specs.test.ts */
const device = (process.env.PARLANCE_TEST_DEVICE ?? 'cpu') as DeviceName

/** How many specs pass at least, and how many of these are computed on the host, in part or whole, at most. */
const bar = { passed: device === 'webgpu' ? 3900 : 4100, onHost: 500 }
const skips = skipsOn(device)

let results: SpecResult[] = []
const named = (status: SpecResult['status']): SpecResult[] => results.filter((result) => result.status === status)

/** How many of the items have each label, the most frequent first. */
function tally(labels: readonly string[]): string {
  const counts = new Map<string, number>()
  for (const label of labels) counts.set(label, (counts.get(label) ?? 0) + 1)
  return [...counts].sort((a, b) => b[1] - a[1]).map(([label, count]) => `${count} ${label}`).join(', ')
}

function report(): string {
  const passed = named('passed')
  const onHost = passed.filter(({ host }) => host.length > 0)
  return [
    `TF.js's specs on ${device}: ${passed.length} of ${results.length} pass, ${onHost.length} of these on the host`,
    `host kernels, and operators left to the CPU, by specs: ${tally(onHost.flatMap(({ host }) => host))}`,
    `skipped by reason: ${tally(skips.map(({ why }) => why))}`,
  ].join('\n')
}

describe("TF.js-core's own specs", () => {
  beforeAll(async () => {
    results = await runSpecs(device)
    console.log(report())
  }, LIMIT)

  it('pass in number, few of them on the host', () => {
    const passed = named('passed')
    expect(passed.length).toBeGreaterThanOrEqual(bar.passed)
    expect(passed.filter(({ host }) => host.length > 0).length).toBeLessThanOrEqual(bar.onHost)
  })

  it('pass, except those that are listed with a reason', () => {
    const listed = new Set(skips.map(({ spec }) => spec))
    const unlisted = results.filter(({ name, status }) => status !== 'passed' && !listed.has(name))
    expect(unlisted.map(({ name, failure }) => `${name}: ${failure}`)).toEqual([])
  })

  it('are listed only if they do not pass', () => {
    const passing = new Set(named('passed').map(({ name }) => name))
    const known = new Set(results.map(({ name }) => name))
    expect(skips.filter(({ spec }) => passing.has(spec) || !known.has(spec))).toEqual([])
  })
})
