import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { descent, halving } from '../fixtures/search.js'
import { integer } from './distributions.js'
import { choiceAxis, numberAxis } from './drawing.js'
import { randomSearch } from './random-search.js'
import { searchSpace } from './space.js'
import { successiveHalving } from './successive-halving.js'

let folder: string
beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'search-report-'))
})
afterEach(() => fs.rmSync(folder, { recursive: true }))

const progress = { isTTY: false, write: () => true } as unknown as NodeJS.WriteStream
const page = (): string => fs.readFileSync(path.join(folder, 'report.html'), 'utf8')
const count = (text: string, pattern: RegExp): number => text.match(pattern)?.length ?? 0

/** A section of the page by its heading. */
function section(title: string): string {
  return new RegExp(`<section><h2>${title}</h2>(.*?)</section>`, 's').exec(page())?.[1] ?? ''
}

it('shows the trials best first, the best so far, metrics by hyper-parameter and learning curves', async () => {
  const { trials } = await successiveHalving({ ...halving, folder, objective: descent(), progress })
  const rows = [...section('Trials').matchAll(/<tr>(.*?)<\/tr>/gs)].map(([, row]) =>
    [...(row as string).matchAll(/<t[hd]>(.*?)<\/t[hd]>/gs)].map(([, cell]) => cell),
  )
  expect(rows[0]).toEqual(['metric', 'trial', 'steps', 'rate', 'width', 'method', 'momentum', 'time'])
  expect(rows.slice(1).map(([, trial, steps]) => [Number(trial), Number(steps)])).toEqual(trials.map(({ trial, budget }) => [trial, budget]))
  expect(rows.slice(1).every(([, , , , , method, momentum]) => (method === 'momentum') === (momentum !== ''))).toBe(true)

  const [best] = JSON.parse(/id="charts">(.*?)<\/script>/s.exec(page())?.[1] ?? '') as { x: number[]; series: { y: number[] }[] }[]
  // Nine trials of 2 steps, three of 4 more, one of 12 more.
  expect(best?.x).toEqual([2, 4, 6, 8, 10, 12, 14, 16, 18, 22, 26, 30, 42])
  const y = best?.series[0]?.y as number[]
  expect(y.every((value, i) => i === 0 || value <= (y[i - 1] as number))).toBe(true)
  expect(y.at(-1)).toBe((trials[0] as { metric: number }).metric)

  const scatters = section('Hyper-parameters').split('<figure>').slice(1)
  expect(scatters.map((figure) => /<b>(.*?)<\/b>/.exec(figure)?.[1])).toEqual(['rate', 'width', 'method', 'momentum'])
  const withMomentum = trials.filter(({ parameters }) => parameters.method === 'momentum').length
  expect(scatters.map((figure) => count(figure, /<circle/g))).toEqual([9, 9, 9, withMomentum])
  const curves = [...section('Learning curves of the trials').matchAll(/<polyline points="(.*?)"/g)].map(([, points]) => points?.split(' ').length)
  // The last point is there twice.
  expect(curves.sort()).toEqual([19, 7, 7, 3, 3, 3, 3, 3, 3].sort())
  expect(page()).not.toMatch(/NaN|Infinity"/)
})

it('marks what failed, and escapes every text', async () => {
  const evil = '</title><script>alert("1")</script>'
  const objective = (_: object, { trial }: { trial: number }) => {
    if (trial === 1) throw new Error(evil)
    return trial
  }
  const space = searchSpace({ [evil]: integer(1, 9) })
  await randomSearch({ space, seed: 1, direction: 'maximize', folder, objective, trials: 4, budget: 1, progress })
  expect(page()).not.toContain('<script>alert')
  expect(section('Trials')).toContain('<td>&lt;/title&gt;&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;</td>')
  expect(section('Hyper-parameters')).toContain('<circle')
  expect(count(section('Hyper-parameters'), /×<title>/g)).toBe(1)
  expect(section('Learning curves of the trials')).toBe('')
})

it('is a page also where every trial failed', async () => {
  const objective = () => NaN
  const space = searchSpace({ width: integer(1, 9) })
  await randomSearch({ space, seed: 1, direction: 'maximize', folder, objective, trials: 2, budget: 1, progress })
  expect(count(section('Trials'), /not a finite number/g)).toBe(2)
  expect(section('Hyper-parameters')).toBe('')
})

it('places values and round ticks on axes', () => {
  const linear = numberAxis('a', [2, 13, 7], false)
  expect([2, 7.5, 13].map(linear.place)).toEqual([0, 0.5, 1])
  expect(linear.ticks.map(({ label }) => label)).toEqual(['5', '10'])
  const rate = numberAxis('b', [1e-5, 1], true)
  expect(rate.place(1e-3)).toBeCloseTo(0.4, 12)
  expect(rate.ticks.map(({ label }) => label)).toEqual(['1.00e-5', '1.00e-4', '0.001', '0.01', '0.1', '1'])
  expect(numberAxis('b', [0.01, 0.06], true).ticks.map(({ label }) => label)).toEqual(['0.01', '0.02', '0.03', '0.04', '0.05', '0.06'])
  const one = numberAxis('c', [3], false)
  expect(one.place(3)).toBe(0.5)
  expect(one.ticks.length).toBeGreaterThan(0)
  expect(choiceAxis('d', ['x', true]).ticks).toEqual([{ label: 'x', place: 0.25 }, { label: 'true', place: 0.75 }])
})
