import { readdirSync } from 'node:fs'
import { join, sep } from 'node:path'
import { describe, expect, test } from 'vitest'
import { suites } from './vitest.config.js'

const root = join(import.meta.dirname, '../..')

/** Files below the folder that a pattern begins with and that end as it does. */
function matches(pattern: string): string[] {
  const [before, after = ''] = pattern.includes('*') ? [pattern.slice(0, pattern.indexOf('*')), pattern.slice(pattern.lastIndexOf('*') + 1)] : [pattern, '']
  const folder = before.slice(0, before.lastIndexOf('/'))
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .map((file) => `${folder}/${file.split(sep).join('/')}`)
    .filter((file) => file.startsWith(before) && file.endsWith(after))
}

// A pattern that finds nothing is left out silently, and what it named is tested on no device.
describe('suites of devices', () => {
  test.each(suites)('%s finds tests', (pattern) => {
    expect(matches(pattern)).not.toEqual([])
  })
})
