import { spawn } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { readSafetensors, type SafetensorsTensor, tf, toFloat32 } from '@parlance/runtime'
import { UsageError } from '../errors.js'
import { regression } from '../fixtures/regression.js'
import { useTestDevice } from '../testing.js'
import { plannedSchedule } from '../schedules/index.js'
import { train } from './train.js'
import { readLog, type StepEntry } from './training-log.js'

const program = fileURLToPath(new URL('../fixtures/regression.ts', import.meta.url))

let folder: string
beforeAll(useTestDevice)
beforeEach(() => {
  folder = path.join(fs.mkdtempSync(path.join(os.tmpdir(), 'train-')), 'run')
})
afterEach(() => {
  vi.restoreAllMocks()
  fs.rmSync(path.dirname(folder), { recursive: true })
})

/** A stream that keeps what is written to it. */
function listener(): { stream: NodeJS.WriteStream; text: () => string } {
  let text = ''
  const stream = { isTTY: false, write: (part: string) => (text += part) } as unknown as NodeJS.WriteStream
  return { stream, text: () => text }
}

const quiet = () => listener().stream

/** What a run did, without how long it took. */
function history(of: string): unknown[] {
  return readLog(path.join(of, 'log.jsonl')).map((entry) => {
    if ('evaluation' in entry) return { step: entry.step, evaluation: entry.evaluation }
    const { step, loss, learningRate, gradientNorm } = entry
    return { step, loss, learningRate, gradientNorm }
  })
}

function weights(of: string): Buffer {
  return fs.readFileSync(path.join(of, 'model.safetensors'))
}

/** Runs the regression in a process of its own; `until` sees the log's last step and may send a signal. */
async function runProcess(args: string[], signalAt = Infinity, signal: NodeJS.Signals = 'SIGKILL'): Promise<string> {
  const child = spawn(process.execPath, ['--conditions=@parlance/source', '--import', 'tsx', program, folder, ...args])
  let output = ''
  child.stderr.on('data', (part) => (output += part))
  const timer = setInterval(() => {
    const last = readLog(path.join(folder, 'log.jsonl')).at(-1)
    if (last && last.step >= signalAt) {
      clearInterval(timer)
      child.kill(signal)
    }
  }, 3)
  await new Promise((resolve) => child.on('close', resolve))
  clearInterval(timer)
  return output
}

describe('train', () => {
  it('learns and leaves a run folder with the best model', async () => {
    const { stream, text } = listener()
    const result = await train({ ...regression(folder), progress: stream })
    expect(result.reason).toBe('maxSteps')
    expect(fs.readdirSync(folder).sort()).toEqual([
      'config.json',
      'log.jsonl',
      'model.safetensors',
      'report.html',
      'state',
      'tokenizer.json',
    ])
    const log = readLog(path.join(folder, 'log.jsonl'))
    const losses = log.filter((entry): entry is StepEntry => 'loss' in entry)
    expect(losses.map(({ step }) => step)).toEqual(Array.from({ length: 60 }, (_, i) => i + 1))
    const evaluations = log.flatMap((entry) => ('evaluation' in entry ? [entry] : []))
    expect(evaluations.map(({ step }) => step)).toEqual([7, 14, 21, 28, 35, 42, 49, 56, 60])
    const values = evaluations.map(({ evaluation }) => evaluation.loss as number)
    expect(Math.min(...values)).toBeLessThan((losses[0]?.loss ?? 0) / 5)
    expect(result.best).toEqual({ step: evaluations[values.indexOf(Math.min(...values))]?.step, value: Math.min(...values) })
    const { tensors, metadata } = readSafetensors(path.join(folder, 'model.safetensors'))
    expect(metadata).toMatchObject({ step: String(result.best?.step), loss: String(result.best?.value) })
    expect([...tensors.keys()]).toEqual(['hidden.weight', 'hidden.bias', 'output.weight'])
    expect(fs.readdirSync(path.join(folder, 'state'))).toEqual(['checkpoint.json', 'step-00000060'])
    expect(text()).toMatch(/^step 1\/60 \| loss .* tokens\/s \| \d+s, .* left\n/)
    expect(text()).toMatch(/\nEnded by maxSteps after step 60, \d+s; the best loss is 0\.\d+, of step \d+\.\n$/)
    expect(text()).toMatch(/step 7 \| evaluation: loss [\d.]+ \(best so far\)/)
  })

  it('has as many live tensors after a step as before', async () => {
    const counts: number[] = []
    const options = regression(folder)
    const batch = (step: number) => {
      counts.push(tf.memory().numTensors)
      return options.batch(step)
    }
    await train({ ...options, batch, maxSteps: 20, progress: quiet() })
    expect(new Set(counts.slice(1)).size).toBe(1)
  })

  it('stores the model in 16 bits when told to, and what it goes on from in float32', async () => {
    const options = regression(folder)
    await train({ ...options, maxSteps: 10, weights: 'float16', progress: quiet() })
    const model = readSafetensors(path.join(folder, 'model.safetensors')).tensors
    const state = readSafetensors(path.join(folder, 'state', 'step-00000010', 'model.safetensors')).tensors
    for (const [name, variable] of options.parameters) {
      const [stored, exact] = [model.get(name), state.get(name)] as [SafetensorsTensor, SafetensorsTensor]
      expect([stored.dtype, exact.dtype]).toEqual(['F16', 'F32'])
      expect(exact.data).toEqual(variable.dataSync())
      // Ten bits of fraction: half a unit of the last one.
      toFloat32(stored).forEach((value, i) => {
        const wanted = exact.data[i] as number
        expect(Math.abs(value - wanted)).toBeLessThanOrEqual(Math.abs(wanted) * 2 ** -11 + 2 ** -25)
      })
    }
  })

  it('logs the mean of an interval, also across an end and a resume', async () => {
    const other = path.join(path.dirname(folder), 'every-step')
    await train({ ...regression(other), progress: quiet() })
    const each = readLog(path.join(other, 'log.jsonl')).filter((entry): entry is StepEntry => 'loss' in entry)
    await train({ ...regression(folder), logEvery: 4, maxSteps: 8, progress: quiet() })
    const log = readLog(path.join(folder, 'log.jsonl')).filter((entry): entry is StepEntry => 'loss' in entry)
    expect(log.map(({ step }) => step)).toEqual([1, 4, 8])
    const mean = each.slice(1, 4).reduce((sum, { loss }) => sum + loss, 0) / 3
    expect(log[1]?.loss).toBeCloseTo(mean, 6)
    await train({ ...regression(folder), logEvery: 4, maxSteps: 10, resume: true, progress: quiet() })
    const steps = readLog(path.join(folder, 'log.jsonl')).map(({ step }) => step)
    expect(steps).toEqual([1, 4, 7, 8, 8, 10, 10]) // evaluations at 7 and at both ends
  })

  it('goes on after kill −9 with the same losses and ends with the same weights', async () => {
    const whole = path.join(path.dirname(folder), 'whole')
    await train({ ...regression(whole), progress: quiet() })
    expect(await runProcess(['60', '20'], 3)).not.toContain('ended') // before the first checkpoint
    expect(await runProcess(['60', '20', 'resume'], 24)).not.toContain('ended')
    expect(readLog(path.join(folder, 'log.jsonl')).at(-1)?.step).toBeGreaterThanOrEqual(24)
    fs.appendFileSync(path.join(folder, 'log.jsonl'), '{"step":25,"lo') // as a kill in the middle of a write leaves it
    expect(await runProcess(['60', '20', 'resume'], 41)).toMatch(/after step [23]0/)
    expect(await runProcess(['60', '0', 'resume'])).toContain('ended by maxSteps')
    expect(history(folder)).toEqual(history(whole))
    expect(weights(folder).equals(weights(whole))).toBe(true)
  })

  it('writes a checkpoint on SIGINT and says how to go on', async () => {
    const whole = path.join(path.dirname(folder), 'whole')
    await train({ ...regression(whole), maxSteps: 30, progress: quiet() })
    const output = await runProcess(['30', '30'], 14, 'SIGINT')
    expect(output).toMatch(/Stopped after step \d+; the checkpoint is written: resume to go on from it\.\nended by interrupted/)
    expect(await runProcess(['30', '0', 'resume'])).toMatch(/Resuming .* after step \d+/)
    expect(history(folder)).toEqual(history(whole))
    expect(weights(folder).equals(weights(whole))).toBe(true)
  })

  it('stops at a loss that is not a number, names the step and keeps the last checkpoint', async () => {
    const options = regression(folder)
    const batch = (step: number) => {
      const { x, y } = options.batch(step)
      return { x, y: step === 23 ? tf.tidy(() => tf.mul(y, NaN)) : y }
    }
    await expect(train({ ...options, batch, logEvery: 10, progress: quiet() })).rejects.toThrow(
      /^The loss is NaN at step 23 \(learning rate 0\.0\d+\): lower .* The checkpoint of step 20 in .* is whole/,
    )
    const state = path.join(folder, 'state', 'step-00000020')
    for (const { data } of readSafetensors(path.join(state, 'model.safetensors')).tensors.values()) {
      expect(Array.from(data, Number).every(Number.isFinite)).toBe(true)
    }
    const resumed = await train({ ...regression(folder), logEvery: 10, resume: true, progress: quiet() })
    expect(resumed.step).toBe(60)
  })

  it('says in one line that the disk is full and loses nothing', async () => {
    const options = regression(folder)
    const write = fs.writeSync
    const batch = (step: number) => {
      if (step === 20) {
        const full = (file: number, data: string | Uint8Array, ...rest: number[]) => {
          if (typeof data === 'string') return write(file, data)
          if (data.length > 64) throw Object.assign(new Error('ENOSPC'), { code: 'ENOSPC' })
          return write(file, data, ...rest)
        }
        vi.spyOn(fs, 'writeSync').mockImplementation(full as unknown as typeof fs.writeSync)
      }
      return options.batch(step)
    }
    const { evaluation: _, ...rest } = options
    await expect(train({ ...rest, batch, progress: quiet() })).rejects.toThrow(
      /^The disk is full: could not write .*; free some space and try again\. The checkpoint of step 10 in .* is whole/,
    )
    vi.restoreAllMocks()
    expect(fs.readdirSync(path.join(folder, 'state')).sort()).toEqual(['checkpoint.json', 'step-00000010'])
    const again = regression(folder)
    const { evaluation: __, ...more } = again
    const { step } = await train({ ...more, resume: true, progress: quiet() })
    expect(step).toBe(60)
    expect(history(folder).length).toBe(60)
  })

  it.skipIf(!fs.existsSync('/dev/full'))('notices a log that cannot be written', async () => {
    const open = fs.openSync
    vi.spyOn(fs, 'openSync').mockImplementation((file, ...rest) =>
      open(String(file).endsWith('log.jsonl') ? '/dev/full' : file, ...rest),
    )
    await expect(train({ ...regression(folder), progress: quiet() })).rejects.toThrow(
      /^The disk is full: could not write .*log\.jsonl; free some space and try again\. No checkpoint was written yet\.$/,
    )
  })

  it('stops early without a better evaluation, and by the clock over resumes', async () => {
    let metric = 5
    const evaluation = {
      every: 3,
      metric: 'accuracy',
      direction: 'maximize' as const,
      patience: 2,
      evaluate: () => ({ accuracy: metric-- }),
    }
    const early = await train({ ...regression(folder), evaluation, progress: quiet() })
    expect(early).toMatchObject({ reason: 'patience', step: 9, best: { step: 3, value: 5 } })
    const other = path.join(path.dirname(folder), 'timed')
    const timed = () => {
      const { maxSteps: _, evaluation: __, ...options } = regression(other)
      return { ...options, progress: quiet() }
    }
    const first = await train({ ...timed(), maxSeconds: 0.3 })
    expect(first.reason).toBe('maxSeconds')
    const second = await train({ ...timed(), maxSeconds: first.seconds + 0.2, resume: true })
    expect(second.step).toBeGreaterThan(first.step)
    expect(second.seconds).toBeGreaterThan(first.seconds + 0.2)
    const third = await train({ ...timed(), maxSeconds: 0.3, resume: true })
    expect(third.step).toBe(second.step)
  })

  it('tells a planned schedule the share of steps, or of time as it was projected at the last checkpoint', async () => {
    const schedule = plannedSchedule({ peak: 0.05, warmupSteps: 1, decay: 'linear' })
    const rates = (of: string) => history(of).flatMap((entry) => ((entry as StepEntry).learningRate === undefined ? [] : [entry as StepEntry]))
    await train({ ...regression(folder), schedule, progress: quiet() })
    for (const { step, learningRate } of rates(folder)) expect(learningRate).toBeCloseTo(0.05 * (1 - (step - 1) / 60), 12)

    const timed = path.join(path.dirname(folder), 'timed')
    const { maxSteps: _, ...options } = { ...regression(timed), schedule, maxSeconds: 2, progress: quiet() }
    const failing = (step: number) => {
      if (step === 26) throw new Error('a power cut')
      return options.batch(step)
    }
    await expect(train({ ...options, batch: failing })).rejects.toThrow('a power cut')
    const before = rates(timed)
    expect(before[0]?.learningRate).toBe(0.05)
    expect(before[24]?.learningRate).toBeLessThan(0.05)
    const { maxSteps: __, ...again } = { ...regression(timed), schedule, maxSeconds: 2, progress: quiet(), resume: true }
    await train(again)
    const after = rates(timed)
    expect(after.slice(0, 25)).toEqual(before)
    expect(after.length).toBeGreaterThan(25)
  })

  it('changes nothing when a finished run is resumed', async () => {
    await train({ ...regression(folder), progress: quiet() })
    const [log, model] = [fs.readFileSync(path.join(folder, 'log.jsonl'), 'utf8'), weights(folder)]
    const result = await train({ ...regression(folder), resume: true, progress: quiet() })
    expect(result).toMatchObject({ step: 60, reason: 'maxSteps' })
    expect(fs.readFileSync(path.join(folder, 'log.jsonl'), 'utf8')).toBe(log)
    expect(weights(folder).equals(model)).toBe(true)
  })

  it('refuses another run, config, tokenizer or architecture', async () => {
    const start = { ...regression(folder), maxSteps: 10, progress: quiet() }
    await expect(train({ ...start, resume: true })).rejects.toThrow(/There is no run to resume in .*: check the name/)
    await train(start)
    await expect(train(start)).rejects.toThrow(/holds a model already: resume that run, or name another folder/)
    const again = { ...regression(folder), resume: true, progress: quiet() }
    await expect(train({ ...again, config: { model: { width: 9 }, seed: 7 } })).rejects.toThrow(
      /started with another config: model.width was 8 and is now 9\. Resume with the same config/,
    )
    await expect(train({ ...again, files: { 'tokenizer.json': '{"a":1}' } })).rejects.toThrow(
      /tokenizer.json is not the one given now/,
    )
    const before = weights(folder)
    const parameters = new Map([...again.parameters, ['hidden.bias', tf.variable(tf.zeros([9]))]])
    await expect(train({ ...again, parameters })).rejects.toThrow(
      /another architecture: hidden.bias has shape \[8\], the model needs \[9\]\. Resume with the config/,
    )
    expect(weights(folder).equals(before)).toBe(true)
    await expect(train({ ...again, config: { ...(again.config as object), maxSteps: 99 }, maxSteps: 12 })).resolves.toMatchObject({
      step: 12,
    })
  })

  it('refuses options that cannot work', async () => {
    const { maxSteps: _, ...endless } = regression(folder)
    await expect(train(endless)).rejects.toThrow('Training needs an end: give maxSteps, maxSeconds or both.')
    await expect(train({ ...endless, maxSteps: 1.5 })).rejects.toThrow('maxSteps must be a whole number of 1 or more, got 1.5')
    await expect(train({ ...endless, maxSeconds: -1 })).rejects.toThrow(UsageError)
    const evaluation = { every: 1, metric: 'accuracy', direction: 'maximize' as const, evaluate: () => ({ loss: 1 }) }
    await expect(train({ ...regression(folder), evaluation, progress: quiet() })).rejects.toThrow(
      "The evaluation's accuracy is not among loss at step 1.",
    )
  })
})
