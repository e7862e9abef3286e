import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { fromBfloat16, fromFloat16, toBfloat16, toFloat16 } from './half-floats.js'

const everyHalf = Uint16Array.from({ length: 65536 }, (_, i) => i)

function sha256(data: ArrayBufferView): string {
  return createHash('sha256').update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength)).digest('hex')
}

/** 2²⁰ floats: half of them of any bits (NaN and subnormal ones included), half of float16's exponents and a bit more. */
function floats(): Float32Array {
  const bits = new Uint32Array(2 ** 20)
  let state = 12345
  for (let i = 0; i < bits.length; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    const exponent = (((state >>> 23) & 0xff) % 48) + 98
    bits[i] = i < bits.length / 2 ? state : (state & 0x807fffff) | (exponent << 23)
  }
  return new Float32Array(bits.buffer)
}

/** NaN may be written in many ways: one for comparing. */
function sameNaN(bits: Uint16Array, values: Float32Array, nan: number): Uint16Array {
  return bits.map((b, i) => (Number.isNaN(values[i]) ? nan : b))
}

describe('float16', () => {
  it('widens each of the 65,536 as NumPy does', () => {
    const wide = new Uint32Array(fromFloat16(everyHalf).buffer)
    // sha256 of np.arange(65536, dtype='u2').view('f2').astype('f4').view('<u4'), NaN as 0x7fc00000
    const bits = wide.map((b) => ((b & 0x7fffffff) > 0x7f800000 ? 0x7fc00000 : b))
    expect(sha256(bits)).toBe('385ff5fe69182797cda5f1827e20cf423f4416bc9246f27d0eec27cac9039259')
  })

  it('narrows what it widened to the same bits', () => {
    const back = toFloat16(fromFloat16(everyHalf))
    const isNaN = (b: number) => (b & 0x7fff) > 0x7c00
    back.forEach((b, i) => {
      if (isNaN(i)) expect(isNaN(b)).toBe(true)
      else if (b !== i) expect.fail(`0x${i.toString(16)} came back as 0x${b.toString(16)}`)
    })
  })

  it('rounds a million floats as NumPy does', () => {
    const values = floats()
    // sha256 of values.astype('f2').view('<u2') in NumPy, NaN as 0x7e00
    expect(sha256(sameNaN(toFloat16(values), values, 0x7e00))).toBe(
      'c8cdf45cc2b6d79c909542979514d04ef279b6f6e9b23e1455541f5b5a7aaa3d',
    )
  })

  it('rounds halfway cases to even, at every pair of neighbours', () => {
    const finite = fromFloat16(everyHalf.subarray(0, 0x7c00))
    const halfway = finite.map((v, i) => (v + (finite[i + 1] ?? 65536)) / 2)
    const even = Uint16Array.from(halfway, (_, i) => (i % 2 === 0 ? i : i + 1))
    expect(toFloat16(halfway)).toEqual(even)
    // The float32 neighbours of a halfway case go to its own side.
    const step = (by: number) => new Float32Array(new Uint32Array(halfway.slice().buffer).map((b) => b + by).buffer)
    expect(toFloat16(step(-1))).toEqual(everyHalf.slice(0, 0x7c00))
    expect(toFloat16(step(1))).toEqual(everyHalf.slice(1, 0x7c01))
  })
})

describe('bfloat16', () => {
  it('narrows what it widened to the same bits', () => {
    const isNaN = (b: number) => (b & 0x7fff) > 0x7f80
    toBfloat16(fromBfloat16(everyHalf)).forEach((b, i) => {
      if (isNaN(i)) expect(isNaN(b)).toBe(true)
      else if (b !== i) expect.fail(`0x${i.toString(16)} came back as 0x${b.toString(16)}`)
    })
  })

  it('rounds a million floats as PyTorch does', () => {
    const values = floats()
    // sha256 of torch.from_numpy(values).to(torch.bfloat16) as little-endian bits, NaN as 0x7fc0; PyTorch 1.13
    expect(sha256(sameNaN(toBfloat16(values), values, 0x7fc0))).toBe(
      'e0a0572c56dca76071d925d06b88dc2e4416d5ab01c550ae3576b53529a7b18d',
    )
  })
})
