import { describe, expect, it } from 'vitest'
import { wordLines } from './books.js'

describe('wordLines', () => {
  it('makes a paragraph a line of lower-case words', () => {
    expect(wordLines('CHAPTER I.\n\n“Call me Ishmael,” said\nthe sailor_—_don’t!\n \n\n* * *\n\nDvořák, 1851.\n')).toBe(
      'chapter i\ncall me ishmael said the sailor don t\ndvořák 1851\n',
    )
  })
})
