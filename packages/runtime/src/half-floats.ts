/**
 * 16-bit floats as their bits: float16 (IEEE 754 binary16: 5 bits of exponent, 10 of fraction) and bfloat16 (the upper
 * half of a float32). Widening is exact; narrowing rounds to the nearest, ties to even.
 */

/** Added to a number below 2⁵¹, this leaves it rounded to a whole number, ties to even. */
const ROUNDER = 2 ** 52

function widen(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1
  const exponent = (bits >>> 10) & 0x1f
  const fraction = bits & 0x3ff
  if (exponent === 0) return sign * fraction * 2 ** -24
  if (exponent === 0x1f) return fraction === 0 ? sign * Infinity : NaN
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15)
}

let float16Table: Float32Array | undefined

/** The values of float16 bits. */
export function fromFloat16(bits: Uint16Array): Float32Array {
  const table = (float16Table ??= Float32Array.from({ length: 65536 }, (_, i) => widen(i)))
  const values = new Float32Array(bits.length)
  for (let i = 0; i < bits.length; i++) values[i] = table[bits[i] as number] as number
  return values
}

/** The values of bfloat16 bits. */
export function fromBfloat16(bits: Uint16Array): Float32Array {
  const wide = new Uint32Array(bits.length)
  for (let i = 0; i < bits.length; i++) wide[i] = (bits[i] as number) << 16
  return new Float32Array(wide.buffer)
}

/** Float16 bits of the values nearest to `values`; what rounds beyond ±65504 is infinite. */
export function toFloat16(values: Float32Array): Uint16Array {
  const wide = new Uint32Array(values.buffer, values.byteOffset, values.length)
  const bits = new Uint16Array(values.length)
  for (let i = 0; i < bits.length; i++) {
    const sign = ((wide[i] as number) >>> 16) & 0x8000
    const magnitude = (wide[i] as number) & 0x7fffffff
    let half: number
    if (magnitude > 0x7f800000) half = 0x7e00 | ((magnitude >>> 13) & 0x1ff)
    else if (magnitude >= 0x47800000) half = 0x7c00
    else if (magnitude < 0x38800000) half = Math.abs(values[i] as number) * 2 ** 24 + ROUNDER - ROUNDER
    else {
      // The exponent's bias goes from 127 to 15; a carry out of the fraction raises it, up to infinity.
      const rebiased = magnitude - 0x38000000
      half = (rebiased + 0xfff + ((rebiased >>> 13) & 1)) >>> 13
    }
    bits[i] = sign | half
  }
  return bits
}

/** Bfloat16 bits of the values nearest to `values`. */
export function toBfloat16(values: Float32Array): Uint16Array {
  const wide = new Uint32Array(values.buffer, values.byteOffset, values.length)
  const bits = new Uint16Array(values.length)
  for (let i = 0; i < bits.length; i++) {
    const x = wide[i] as number
    const isNaN = (x & 0x7fffffff) > 0x7f800000
    bits[i] = isNaN ? (x >>> 16) | 0x40 : (x + 0x7fff + ((x >>> 16) & 1)) >>> 16
  }
  return bits
}
