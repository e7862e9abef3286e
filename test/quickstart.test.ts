import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { nextCommands, quickstart } from '../apps/quickstart/src/quickstart.js'
import { examplesOf, root, runExample } from './readme.js'

const temporary = mkdtempSync(join(tmpdir(), 'parlance-quickstart-'))
const folder = join(temporary, 'runs/quickstart')
const printed: string[] = []

// A fiftieth of the training: enough to go every way, too little to learn much.
beforeAll(async () => {
  const log = vi.spyOn(console, 'log').mockImplementation((text: string) => void printed.push(text))
  const progress = vi.spyOn(process.stderr, 'write').mockReturnValue(true)
  await quickstart(folder, 0.02)
  log.mockRestore()
  progress.mockRestore()
})
afterAll(() => rmSync(temporary, { recursive: true, force: true }))

/** Runs a command of the clone from its source. */
function shell(command: string): string {
  const run = `node --conditions=@parlance/source --import tsx ${root}/apps/$1/src/main.ts`
  return execFileSync('sh', ['-c', command.replace(/npx parlance-(\w+)/, run)], { encoding: 'utf8' })
}

describe('quickstart', () => {
  it('prints the figures of all three models with what they count', () => {
    const text = printed.join('\n')
    expect(text).toMatch(/5-gram +0\.\d{4} +\d+\.\d{3}/)
    expect(text).toMatch(/transformer +\d\.\d{4} +\d+\.\d{3}/)
    expect(text).toMatch(/Denominators: \d+ bytes; \d+ tokens/)
    expect(text).toMatch(/BLEU \d+\.\d on 200 sentences/)
    expect(text).toMatch(/nrefs:1\|case:mixed\|eff:no\|tok:13a\|smooth:exp/)
    expect(text).toMatch(/WER \d+\.\d% on 40 recordings.*\d+ substitutions, \d+ deletions,\n.*\d+ insertions over 147 reference words/)
  })

  it('says so when the language model does not beat its baseline', () => {
    expect(printed.join('\n')).toMatch(/The transformer needs [\d.]+% more bits: it was stopped too early\./)
  })

  it('leaves a report that links to those of the three models', () => {
    const html = readFileSync(join(folder, 'report.html'), 'utf8')
    const links = [...html.matchAll(/href="([^"]+)"/g)].map(([, link]) => link as string)
    expect(links).toEqual(['language-model/report.html', 'translator/report.html', 'recogniser/report.html'])
    for (const link of links) expect(existsSync(join(folder, link)), link).toBe(true)
  })

  it.each(nextCommands(folder).map((command) => [/parlance-\w+/.exec(command)?.[0], command] as const))(
    'suggests a %s command that works',
    (name, command) => {
      expect(printed.some((line) => line.includes(command))).toBe(true)
      const output = shell(command)
      expect(output).toMatch(name === 'parlance-perplexity' ? /perplexity/ : /\n$/)
    },
  )

  it.each(examplesOf('README.md').map((code, i) => [i + 1, code] as const))('leaves what example %i of the README needs', (_, code) => {
    expect(runExample(code, temporary)).toMatch(/\S/)
  })
})
