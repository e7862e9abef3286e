import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterEach, beforeAll, beforeEach, expect, it } from 'vitest'
import { tf } from '@parlance/runtime'
import { regression } from '../fixtures/regression.js'
import { constantSchedule } from '../schedules/index.js'
import { useTestDevice } from '../testing.js'
import { train } from '../training/train.js'
import { readLog } from '../training/training-log.js'
import { logUniform } from './distributions.js'
import type { Objective } from './search.js'
import { searchSpace } from './space.js'
import { successiveHalving } from './successive-halving.js'

let folder: string
beforeAll(useTestDevice)
beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'search-train-'))
})
afterEach(() => fs.rmSync(folder, { recursive: true }))

const progress = { isTTY: false, write: () => true } as unknown as NodeJS.WriteStream

it('searches with train, whose promoted trials go on bit for bit', async () => {
  const objective: Objective<{ rate: number }> = async ({ rate }, { budget, report, folder, resume, progress }) => {
    tf.disposeVariables()
    const options = regression(folder)
    const evaluate = (step: number) => {
      const { loss } = options.evaluation.evaluate()
      report(loss, step)
      return { loss }
    }
    const evaluation = { ...options.evaluation, every: 4, evaluate }
    const settings = { config: { rate }, schedule: constantSchedule(rate), maxSteps: budget, checkpointEvery: 1000 }
    const { best } = await train({ ...options, ...settings, evaluation, resume, progress })
    return best?.value ?? NaN
  }
  // The last rates overflow, so that train refuses the loss.
  const space = searchSpace({ rate: logUniform(1e-3, 1e30) })
  const search = { space, seed: 2, direction: 'minimize', trials: 9, maxBudget: 36, minBudget: 4, objective, progress } as const
  const { best, trials } = await successiveHalving({ ...search, folder: path.join(folder, 'search') })
  expect(best).toMatchObject({ rung: 2, budget: 36 })
  const failed = trials.flatMap((trial) => ('failed' in trial ? [trial.failed] : []))
  expect(failed.length).toBeGreaterThan(0)
  for (const message of failed) expect(message).toMatch(/^The (loss|gradient norm|evaluation's loss) is /)
  expect(best?.curve.map(([step]) => step)).toEqual([4, 8, 12, 16, 20, 24, 28, 32, 36])
  expect(best?.metric).toBe(Math.min(...(best?.curve ?? []).map(([, loss]) => loss)))
  expect(fs.readFileSync(path.join(best?.folder as string, 'progress.txt'), 'utf8')).toContain('Ended by maxSteps after step 36')

  const alone = path.join(folder, 'alone')
  fs.mkdirSync(alone)
  const curve: [number, number][] = []
  const report = (loss: number, step: number) => curve.push([step, loss])
  const context = { trial: 0, budget: 36, folder: alone, resume: false, report, signal: new AbortController().signal, progress }
  expect(await objective(best?.parameters ?? { rate: 0 }, context)).toBe(best?.metric)
  expect(curve).toEqual(best?.curve)
  const losses = (of: string) => readLog(path.join(of, 'log.jsonl')).map((entry) => ('loss' in entry ? entry.loss : entry.evaluation.loss))
  expect(losses(best?.folder as string)).toEqual(losses(alone))
})
