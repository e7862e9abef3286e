import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { ReadingProgress } from './reading-progress.js'

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['performance', 'setTimeout', 'clearTimeout', 'Date'] })
})
afterEach(() => {
  vi.useRealTimers()
})

function shown(isTTY: boolean): { text: string; timers: [reading: number, stopped: number] } {
  const written: string[] = []
  const stream = { isTTY, write: (text: string) => written.push(text) > 0, cursorTo() {}, clearLine() {}, clearScreenDown() {}, moveCursor() {}, columns: 80 }
  const progress = new ReadingProgress(stream as unknown as NodeJS.WriteStream, 100)
  progress.done(1)
  expect(written).toEqual([])
  for (const count of [2, 50]) {
    vi.advanceTimersByTime(40_000)
    progress.done(count)
  }
  const reading = vi.getTimerCount()
  progress.stop()
  return { text: written.join(''), timers: [reading, vi.getTimerCount()] }
}

describe('ReadingProgress', () => {
  it('writes lines where there is no terminal, nothing at once', () => {
    expect(shown(false)).toEqual({ text: 'reading recordings: 2 of 100\nreading recordings: 50 of 100\n', timers: [0, 0] })
  })

  it('draws a bar on a terminal that leaves nothing running when reading fails on the way', () => {
    const { text, timers } = shown(true)
    expect(text).toContain('of 100 recordings')
    expect(timers).toEqual([1, 0])
  })
})
