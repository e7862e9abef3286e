import { spawn } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { DeviceLostError } from '@parlance/runtime'
import { UsageError } from '../errors.js'
import { descent, halving, metricAfter, space } from '../fixtures/search.js'
import { choice, uniform } from './distributions.js'
import { randomSearch } from './random-search.js'
import type { SearchResult } from './results.js'
import { halvingRungs, stepsOf } from './rungs.js'
import type { Objective } from './search.js'
import { type ParametersOf, searchSpace, valuesOf } from './space.js'
import { successiveHalving } from './successive-halving.js'

const program = fileURLToPath(new URL('../fixtures/search.ts', import.meta.url))

let folder: string
beforeEach(() => {
  folder = path.join(fs.mkdtempSync(path.join(os.tmpdir(), 'search-')), 'run')
})
afterEach(() => fs.rmSync(path.dirname(folder), { recursive: true }))

/** A stream that keeps what is written to it, as a terminal if `isTTY`. */
function listener(isTTY = false) {
  let text = ''
  const stream = { isTTY, columns: 120, rows: 40, on: () => stream, write: (part: string) => (text += part) }
  return { stream: stream as unknown as NodeJS.WriteStream, text: () => text }
}
const progress = listener().stream

/** What came of a search, without the time it took. */
const table = <P>({ trials }: SearchResult<P>) => trials.map((trial) => ({ ...trial, seconds: 0 }))

const line = searchSpace({ x: uniform(0, 1) })
const ofLine = { space: line, seed: 1, direction: 'minimize', progress } as const
const parameters = (trial: number) => valuesOf(space.draw(halving.seed, trial)) as ParametersOf<typeof space>

describe('randomSearch', () => {
  it('finds what is better than most of the space', async () => {
    // One of 60 trials is in the best 5% with a probability of 95%; the metric is the share of the space that is better.
    const objective: Objective<{ x: number }> = ({ x }) => 2 * Math.abs(x - 0.5)
    const { best, trials, reason } = await randomSearch({ ...ofLine, folder, objective, trials: 60, budget: 1 })
    expect(reason).toBe('finished')
    expect(best?.metric).toBeLessThan(0.05)
    const drawn = Array.from({ length: 60 }, (_, trial) => line.draw(1, trial).get('x')?.value as number)
    expect(best?.metric).toBe(Math.min(...drawn.map((x) => 2 * Math.abs(x - 0.5))))
    expect(trials.map(({ parameters }) => parameters.x).sort()).toEqual(drawn.sort())
    expect(trials.map((trial) => 'metric' in trial && trial.metric)).toEqual(drawn.map((x) => 2 * Math.abs(x - 0.5)).sort((a, b) => a - b))
  })

  it('records what fails, which never wins', async () => {
    const outcomes: (() => number)[] = [
      () => 3,
      () => NaN,
      () => { throw new Error('two\n  lines') },
      () => -Infinity,
      () => 5,
      () => undefined as unknown as number,
      () => 3,
    ]
    for (const [direction, order] of [['minimize', [0, 6, 4]], ['maximize', [4, 0, 6]]] as const) {
      const objective: Objective<object> = (_, { trial }) => (outcomes[trial] as () => number)()
      const search = { ...ofLine, direction, folder: `${folder}-${direction}`, objective, trials: 7, budget: 1 }
      const result = await randomSearch(search)
      expect(result.best).toMatchObject({ trial: order[0], metric: direction === 'minimize' ? 3 : 5 })
      expect(result.trials.map(({ trial }) => trial)).toEqual([...order, 1, 2, 3, 5])
      expect(result.trials.slice(3).map((trial) => 'failed' in trial && trial.failed)).toEqual([
        'The metric is NaN, not a finite number.',
        'two lines',
        'The metric is -Infinity, not a finite number.',
        'The metric is undefined, not a finite number.',
      ])
      // Failures are not tried again.
      const again = await randomSearch({ ...search, objective: () => 0 })
      expect(again).toEqual(result)
    }
  })

  it('has no best where all fail, and says why', async () => {
    const { stream, text } = listener()
    const objective = (): number => { throw new Error('no data') }
    const { best, reason } = await randomSearch({ ...ofLine, folder, objective, trials: 2, budget: 1, progress: stream })
    expect([best, reason]).toEqual([null, 'finished'])
    expect(text()).toContain('All 2 trials failed, 0s. Trial 0: no data\n')
    expect(fs.existsSync(path.join(folder, 'report.html'))).toBe(true)
  })

  it('goes on with more trials, and does none twice', async () => {
    const done: number[] = []
    const objective: Objective<{ x: number }> = ({ x }, { trial }) => {
      done.push(trial)
      return x
    }
    const search = { ...ofLine, folder, objective, budget: 1 }
    await randomSearch({ ...search, trials: 3 })
    const more = await randomSearch({ ...search, trials: 5 })
    expect(done).toEqual([0, 1, 2, 3, 4])
    const whole = await randomSearch({ ...search, folder: `${folder}-2`, trials: 5 })
    expect(more.trials.map(({ trial, parameters }) => ({ trial, parameters }))).toEqual(
      whole.trials.map(({ trial, parameters }) => ({ trial, parameters })),
    )
    expect((await randomSearch({ ...search, trials: 2 })).trials.map(({ trial }) => trial).sort()).toEqual([0, 1])
  })
})

describe('successiveHalving', () => {
  it('promotes the best of each rung, from their checkpoints, and spends exactly what was planned', async () => {
    const steps = new Map<number, number>()
    const objective = descent(0, (trial) => steps.set(trial, (steps.get(trial) ?? 0) + 1))
    const result = await successiveHalving({ ...halving, folder, objective, progress })
    const rungs = halvingRungs(halving)
    expect(rungs).toEqual([{ trials: 9, budget: 2 }, { trials: 3, budget: 6 }, { trials: 1, budget: 18 }])
    expect([...steps.values()].reduce((sum, count) => sum + count)).toBe(stepsOf(rungs))
    // Brute force: of all sets of a rung's trials the one with the least sum of metrics, computed anew.
    let entrants = Array.from({ length: 9 }, (_, trial) => trial)
    for (const [i, { budget }] of rungs.entries()) {
      const metric = (trial: number) => metricAfter(parameters(trial), budget)
      for (const trial of result.trials.filter(({ rung }) => rung === i)) {
        expect(trial).toMatchObject({ budget, metric: metric(trial.trial), parameters: parameters(trial.trial) })
      }
      expect(result.trials.filter(({ rung }) => rung >= i).map(({ trial }) => trial).sort()).toEqual([...entrants].sort())
      entrants = subsets(entrants, rungs[i + 1]?.trials ?? 0).reduce((best, set) => (sum(set, metric) < sum(best, metric) ? set : best))
    }
    // The metrics cross: by those of the first rung alone another trial would win.
    const first = (trial: number) => metricAfter(parameters(trial), 2)
    expect(result.trials.some(({ trial }) => first(trial) < first(result.best?.trial as number))).toBe(true)
    expect(result.best?.curve.map(([step]) => step)).toEqual(Array.from({ length: 18 }, (_, i) => i + 1))
    for (const { trial, rung, folder } of result.trials) {
      expect(fs.readdirSync(path.dirname(folder))).toEqual([`rung-${rung}`])
      expect(steps.get(trial)).toBe(rungs[rung]?.budget)
    }
  })

  it('promotes fewer where the others failed', async () => {
    const objective: Objective<object> = (_, { trial, budget }) => {
      if (trial % 4 !== 0 || (budget === 6 && trial === 0)) throw new Error('diverged')
      return trial
    }
    const { best, trials } = await successiveHalving({ ...halving, trials: 12, folder, objective, progress })
    expect(best).toMatchObject({ trial: 4, rung: 2, budget: 18 })
    expect(trials.map(({ trial, rung }) => [trial, rung])).toEqual([
      [4, 2], [8, 1], [0, 1], ...[1, 2, 3, 5, 6, 7, 9, 10, 11].map((trial) => [trial, 0]),
    ])
  })

  it('gives the best of an earlier rung where all failed later', async () => {
    const objective: Objective<object> = (_, { trial, budget }) => (budget === 18 ? NaN : trial)
    const { best } = await successiveHalving({ ...halving, folder, objective, progress })
    expect(best).toMatchObject({ trial: 1, rung: 1, metric: 1 })
  })
})

describe('a search that was ended', () => {
  const whole = async () => {
    const result = await successiveHalving({ ...halving, folder: `${folder}-whole`, objective: descent(), progress })
    return table(result).map(({ folder: of, ...trial }) => ({ ...trial, folder: of.replace('-whole', '') }))
  }

  it('goes on after an end at any step, and ends the same', async () => {
    const wanted = await whole()
    let ends = 0
    for (let result: SearchResult<object> | undefined; !result; ) {
      // Every attempt comes one run further: its second run ends with a state that counts for nothing.
      let runs = new Set<string>()
      const objective: Objective<ParametersOf<typeof space>> = (given, context) => {
        runs = runs.add(`${context.trial} ${context.budget}`)
        return descent(0, () => {
          if (runs.size > 1) throw new DeviceLostError(`lost ${++ends}`)
        })(given, context)
      }
      try {
        result = await successiveHalving({ ...halving, folder, objective, progress })
        expect(table(result)).toEqual(wanted)
      } catch (error) {
        expect((error as Error).message).toBe(`lost ${ends}`)
      }
    }
    expect(ends).toBe(9 + 3 + 1 - 1)
  })

  it('goes on after kill −9 and after SIGINT, and ends the same', async () => {
    const wanted = await whole()
    await runProcess(2, 'SIGKILL')
    await runProcess(10, 'SIGKILL')
    const output = await runProcess(11, 'SIGINT')
    expect(output).toContain('Stopping: the trial that runs will not count; once more to stop at once.\n')
    expect(output).toContain('Stopped: search in the same folder to go on.\nended interrupted\n')
    expect(fs.existsSync(path.join(folder, 'report.html'))).toBe(true)
    expect(runsDone()).toBeLessThan(13)
    expect(table(await successiveHalving({ ...halving, folder, objective: descent(), progress }))).toEqual(wanted)
  })

  it('leaves out a record that was cut short', async () => {
    const search = { ...halving, folder, direction: 'maximize' as const, trials: 2, budget: 2, objective: descent(), progress }
    const wanted = table(await randomSearch(search))
    const file = path.join(folder, 'search.jsonl')
    const log = fs.readFileSync(file, 'utf8')
    const last = log.lastIndexOf('\n', log.length - 2) + 1
    for (const length of [last, last + 1, log.length - 1]) {
      fs.writeFileSync(file, log.slice(0, length))
      expect(table(await randomSearch(search))).toEqual(wanted)
      expect(runsDone()).toBe(2)
    }
  })

  it('ends for a full disk, which is no fault of the trial', async () => {
    const full = Object.assign(new Error('no space'), { code: 'ENOSPC' })
    const search = { ...ofLine, folder, trials: 1, budget: 1 }
    const objective = (): number => { throw new Error('The disk is full.', { cause: full }) }
    await expect(randomSearch({ ...search, objective })).rejects.toThrow('The disk is full.')
    expect((await randomSearch({ ...search, objective: () => 4 })).best?.metric).toBe(4)
  })

  it('refuses another space, seed, direction or budget in one sentence', async () => {
    const search = { ...ofLine, folder, trials: 2, budget: 3, objective: ({ x }: { x: number }) => x }
    await randomSearch(search)
    const refused = async (change: object, message: string) => {
      const error = await randomSearch({ ...search, ...change }).catch((error: unknown) => error)
      expect(error).toBeInstanceOf(UsageError)
      expect((error as Error).message).toContain(`${folder} holds another search: ${message}`)
      expect((error as Error).message).toContain('Go on with the same, or name another folder.')
    }
    await refused({ seed: 2 }, 'seed was 1 and is now 2.')
    await refused({ direction: 'maximize' }, 'direction was "minimize" and is now "maximize".')
    await refused({ budget: 4 }, 'budget was 3 and is now 4.')
    await refused({ space: searchSpace({ x: uniform(0, 2) }) }, 'space.x.uniform was [0,1] and is now [0,2].')
    await refused({ space: searchSpace({ y: uniform(0, 1) }) }, 'space.x was {"uniform":[0,1]} and is now undefined; space.y was undefined')
    await refused({ space: line.and(() => ({})) }, 'conditions was 0 and is now 1.')
    await expect(successiveHalving({ ...search, maxBudget: 3 })).rejects.toThrow('method was "random search" and is now "successive halving"')
    await randomSearch(search)
  })

  it('refuses other conditions by what they draw', async () => {
    const search = { ...ofLine, folder, trials: 2, budget: 3, objective: () => 1 }
    await randomSearch({ ...search, space: line.and(() => ({ y: choice([1]) })) })
    const space = line.and(() => ({ y: choice([2]) }))
    await expect(randomSearch({ ...search, space })).rejects.toThrow(/trial 0 had \{"x":[\d.]+,"y":1\} and has now \{"x":[\d.]+,"y":2\}/)
  })

  it('refuses a folder of other files and a damaged log', async () => {
    const search = { ...ofLine, folder, trials: 2, budget: 3, objective: () => 1 }
    fs.mkdirSync(folder)
    fs.writeFileSync(path.join(folder, '.search.jsonl.1.tmp'), '{')
    await randomSearch(search)
    const file = path.join(folder, 'search.jsonl')
    fs.writeFileSync(file, fs.readFileSync(file, 'utf8').replace('"rung":0', '"rung":"0"'))
    await expect(randomSearch(search)).rejects.toThrow(`${file}: line 4 is not one of a search`)
    fs.writeFileSync(file, '{"trial":0,"parameters":{}}\n')
    await expect(randomSearch(search)).rejects.toThrow(`${file} does not begin with what is searched`)
    fs.rmSync(file)
    await expect(randomSearch(search)).rejects.toThrow(`${folder} holds other files and no search: name a new folder.`)
  })
})

describe('progress', () => {
  it('shows trial, rung, best and time left on a terminal', async () => {
    const { stream, text } = listener(true)
    await successiveHalving({ ...halving, folder, objective: descent(10), progress: stream })
    expect(text()).toMatch(/ \d+% \| trial \d, rung [12] \| best 0\.\d+ \| \d+s left/)
    expect(text()).toMatch(/9 trials, \d+s; the best metric is 0\.\d+, of trial \d\.\n/)
  })

  it('is a plain line where there is no terminal, and the trial has a file for its own', async () => {
    const { stream, text } = listener()
    const objective: Objective<object> = (_, { progress }) => {
      progress.write('one\n')
      progress.write('two\n')
      return 1
    }
    const { best } = await randomSearch({ ...ofLine, folder, objective, trials: 2, budget: 1, progress: stream })
    expect(text()).toBe('0% | trial 0, rung 0 | best – | – left\n2 trials, 0s; the best metric is 1, of trial 0.\n')
    expect(fs.readFileSync(path.join(best?.folder as string, 'progress.txt'), 'utf8')).toBe('one\ntwo\n')
  })
})

it('wants whole numbers', async () => {
  const search = { ...ofLine, folder, objective: () => 1 }
  await expect(randomSearch({ ...search, trials: 0, budget: 1 })).rejects.toThrow('The trials of a search must be a whole number of 1 or more')
  await expect(randomSearch({ ...search, trials: 1, budget: 0.5 })).rejects.toThrow('The budget of a search must be a whole number')
  expect(fs.existsSync(folder)).toBe(false)
})

/** How many runs the log has. */
function runsDone(): number {
  const file = path.join(folder, 'search.jsonl')
  return fs.existsSync(file) ? fs.readFileSync(file, 'utf8').split('\n').filter((text) => text.includes('"rung":')).length : 0
}

/** Searches in a process of its own, which gets the signal once so many runs are done. */
async function runProcess(runs: number, signal: NodeJS.Signals): Promise<string> {
  const child = spawn(process.execPath, ['--conditions=@parlance/source', '--import', 'tsx', program, folder, '25'])
  let output = ''
  child.stderr.on('data', (part) => (output += part))
  const timer = setInterval(() => {
    if (runsDone() < runs) return
    clearInterval(timer)
    child.kill(signal)
  }, 3)
  await new Promise((resolve) => child.on('close', resolve))
  clearInterval(timer)
  return output
}

function sum(set: readonly number[], metric: (trial: number) => number): number {
  return set.reduce((total, trial) => total + metric(trial), 0)
}

function subsets(of: readonly number[], size: number): number[][] {
  if (size === 0) return [[]]
  return of.flatMap((first, i) => subsets(of.slice(i + 1), size - 1).map((rest) => [first, ...rest]))
}
