import { inflateSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { encodePng } from './png.js'

describe('encodePng', () => {
  it('writes the one-pixel picture byte for byte', () => {
    const png = encodePng(Uint8Array.of(0), 1, 1)
    // Signature, IHDR of a 1 × 1 gray picture with its checksum, and IEND as in every PNG.
    expect(png.subarray(0, 33).toString('hex')).toBe('89504e470d0a1a0a0000000d49484452000000010000000108000000003a7e9b55')
    expect(png.subarray(-12).toString('hex')).toBe('0000000049454e44ae426082')
  })

  it('stores every row after a filter byte', () => {
    const png = encodePng(Uint8Array.of(1, 2, 3, 4, 5, 6), 3, 2)
    const length = png.readUInt32BE(33)
    expect(png.toString('latin1', 37, 41)).toBe('IDAT')
    expect([...inflateSync(png.subarray(41, 41 + length))]).toEqual([0, 1, 2, 3, 0, 4, 5, 6])
  })
})
