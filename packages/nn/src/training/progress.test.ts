import { describe, expect, it } from 'vitest'
import { formatDuration, formatNumber } from './format.js'
import { Progress } from './progress.js'

/** Keeps what is written to it, as a terminal if `isTTY`. */
function listener(isTTY: boolean): { stream: NodeJS.WriteStream; text: () => string } {
  let text = ''
  const stream = { isTTY, columns: 120, rows: 40, on: () => stream, write: (part: string) => (text += part) }
  return { stream: stream as unknown as NodeJS.WriteStream, text: () => text }
}

const entry = (step: number, seconds: number) => ({
  step,
  seconds,
  loss: 1.23456,
  learningRate: 3e-4,
  gradientNorm: 0.5,
  tokensPerSecond: 12345.6,
})

describe('Progress', () => {
  it('writes a plain line at most every ten seconds where there is no terminal', () => {
    const { stream, text } = listener(false)
    const progress = new Progress({ maxSteps: 100 }, stream, { step: 0, seconds: 0 })
    for (let step = 1; step <= 25; step++) {
      progress.step(step, step)
      progress.logged(entry(step, step))
    }
    progress.evaluated({ step: 25, evaluation: { loss: 1.5, accuracy: 0.25 }, seconds: 25 }, true)
    progress.stop()
    const lines = text().split('\n')
    expect(lines.map((line) => line.split(' |')[0])).toEqual(['step 1/100', 'step 11/100', 'step 21/100', 'step 25', ''])
    expect(lines[1]).toBe(
      'step 11/100 | loss 1.235 | learning rate 3.00e-4 | gradient norm 0.5 | 12350 tokens/s | 11s, 1m29s left',
    )
    expect(lines[3]).toBe('step 25 | evaluation: loss 1.5, accuracy 0.25 (best so far)')
    expect(text()).not.toContain('\u001b')
  })

  it('counts the time left from where it resumed, by the limit that comes first', () => {
    const { stream, text } = listener(false)
    const progress = new Progress({ maxSteps: 1000, maxSeconds: 200 }, stream, { step: 10, seconds: 100 })
    progress.logged(entry(20, 150))
    expect(text()).toContain('2m30s, 50s left')
  })

  it('draws a bar on a terminal and keeps messages', () => {
    const { stream, text } = listener(true)
    const progress = new Progress({ maxSteps: 4 }, stream, { step: 0, seconds: 0 })
    progress.logged(entry(1, 5))
    progress.step(1, 5)
    progress.message('a message')
    progress.stop()
    expect(text()).toContain('a message\n')
    expect(text()).toMatch(/25% \| step 1 \| loss 1\.235 \| 12350 tokens\/s \| 15s left/)
  })
})

describe('formats', () => {
  it('writes durations and numbers briefly', () => {
    expect([0, 59.6, 65, 3725, -1].map(formatDuration)).toEqual(['0s', '1m00s', '1m05s', '1h02m', '0s'])
    expect([0, 1.23456, 0.00012345, 1234567, -12].map(formatNumber)).toEqual(['0', '1.235', '1.23e-4', '1.23e+6', '-12'])
  })
})
