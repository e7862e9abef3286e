import { expect, it } from 'vitest'
import type { Session } from '../onnx/session.js'
import { graphBytes, SessionCache } from './session-cache.js'

it('keeps sessions up to a number of bytes, gives up the least recently used, and compiles them again', () => {
  const cache = new SessionCache(100)
  const events: string[] = []
  const get = (key: string, bytes: number): void => {
    const session = { dispose: () => events.push(`-${key}`) } as unknown as Session
    cache.get(key, () => {
      events.push(`+${key}`)
      return { session, bytes }
    })
  }
  get('a', 40)
  get('b', 40)
  get('a', 40)
  get('c', 40)
  expect(events).toEqual(['+a', '+b', '+c', '-b'])
  expect([cache.count, cache.bytes]).toEqual([2, 80])
  get('b', 40)
  // One that is too large alone is kept while it is in use.
  get('d', 500)
  expect(events.slice(4)).toEqual(['+b', '-a', '+d', '-c', '-b'])
  expect([cache.count, cache.bytes]).toEqual([1, 500])
  get('a', 40)
  expect([cache.count, cache.bytes]).toEqual([1, 40])
  cache.drop('nothing')
  cache.clear()
  expect([cache.count, cache.bytes, events.at(-1)]).toEqual([0, 0, '-a'])
})

it('counts what a session itself takes, so that thousands of small graphs are bounded too', () => {
  // A thousand small graphs were measured to take some hundred megabytes.
  expect(1000 * graphBytes(new Uint8Array(100), 100)).toBeGreaterThan(2e8)
})
