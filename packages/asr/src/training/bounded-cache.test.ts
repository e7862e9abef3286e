import { describe, expect, it } from 'vitest'
import { BoundedCache } from './bounded-cache.js'

describe('BoundedCache', () => {
  it('makes again what was not used for longest once the rest fills it', () => {
    const cache = new BoundedCache<string>(10)
    const made: string[] = []
    const get = (name: string, length: number): string =>
      cache.get(name, () => {
        made.push(name)
        return name.repeat(length)
      }, (value) => value.length)
    expect([get('a', 4), get('b', 4), get('a', 4), get('c', 4)]).toEqual(['aaaa', 'bbbb', 'aaaa', 'cccc'])
    expect(made).toEqual(['a', 'b', 'c'])
    get('a', 4)
    get('c', 4)
    expect(made).toHaveLength(3)
    get('b', 4)
    expect(made).toEqual(['a', 'b', 'c', 'b'])
    // What would fill it alone is not kept, and drives nothing out.
    get('d', 11)
    get('d', 11)
    get('b', 4)
    expect(made).toEqual(['a', 'b', 'c', 'b', 'd', 'd'])
  })
})
