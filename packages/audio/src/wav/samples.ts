import type { WavHeader } from './header.js'

/** The layouts that are handed to the decoder: little-endian PCM of 16 or 32 bits, float of 32 or 64 bits. */
export interface PlainLayout {
  formatTag: 1 | 3
  bytes: 2 | 4 | 8
}

export function plainLayout(header: WavHeader): PlainLayout {
  if (header.encoding === 'float') return { formatTag: 3, bytes: header.sampleBytes === 8 ? 8 : 4 }
  return { formatTag: 1, bytes: header.encoding === 'integer' && header.sampleBytes > 2 ? 4 : 2 }
}

/**
 * True when samples narrower than their container lie at its low end.
 *
 * The standard puts them at the high end with zero bits below. Some writers put them at the low end instead
 * (24 bits in 4 bytes, sign-extended or not). They are told apart by the padding bits, over all samples.
 *
 * @param blocks the samples, in blocks of whole frames; not read where samples fill their container
 */
export function isLowAligned(blocks: Iterable<Uint8Array>, header: WavHeader): boolean {
  const { sampleBytes, bigEndian } = header
  const pad = paddingBytes(header)
  if (pad === 0) return false
  let lowBytesUsed = false
  for (const bytes of blocks) {
    for (let i = 0; i + sampleBytes <= bytes.length; i += sampleBytes) {
      const at = (k: number) => bytes[bigEndian ? i + sampleBytes - 1 - k : i + k]!
      const sign = at(sampleBytes - pad - 1) & 0x80 ? 0xff : 0
      for (let k = 0; k < pad; k++) {
        if (at(k) !== 0) lowBytesUsed = true
        const high = at(sampleBytes - 1 - k)
        if (high !== 0 && high !== sign) return false
      }
    }
  }
  return lowBytesUsed
}

function paddingBytes({ encoding, sampleBytes, validBits }: WavHeader): number {
  return encoding === 'integer' ? sampleBytes - Math.ceil(validBits / 8) : 0
}

/**
 * Writes samples as the decoder's layout.
 *
 * Integers are shifted so that the top bit of the sample is the top bit of the result: full scale stays full scale.
 * Beyond 32 bits the lowest bits are dropped, far below what a float32 holds.
 */
export function writePlain(
  source: Uint8Array, header: WavHeader, lowAligned: boolean, layout: PlainLayout, target: Uint8Array,
): void {
  const { sampleBytes, bigEndian, encoding } = header
  const count = source.length / sampleBytes
  if (encoding === 'a-law' || encoding === 'mu-law') {
    const table = encoding === 'a-law' ? A_LAW : MU_LAW
    const view = new DataView(target.buffer, target.byteOffset)
    for (let i = 0; i < count; i++) view.setInt16(2 * i, table[source[i]!]!, true)
    return
  }
  if (sampleBytes === 1) {
    // One-byte samples are unsigned with 128 as zero.
    for (let i = 0; i < count; i++) {
      target[2 * i] = 0
      target[2 * i + 1] = source[i]! ^ 0x80
    }
    return
  }
  if (!bigEndian && sampleBytes === layout.bytes && !lowAligned) {
    target.set(source)
    return
  }
  const width = layout.bytes
  const top = lowAligned ? Math.ceil(header.validBits / 8) - 1 : sampleBytes - 1
  for (let i = 0; i < count; i++) {
    for (let k = 0; k < width; k++) {
      const from = top - k
      const byte = from < 0 ? 0 : source[i * sampleBytes + (bigEndian ? sampleBytes - 1 - from : from)]!
      target[i * width + width - 1 - k] = byte
    }
  }
}

/** ITU-T G.711 A-law, decoded to 16 bits. */
const A_LAW = Int16Array.from({ length: 256 }, (_, code) => {
  const bits = code ^ 0x55
  const exponent = (bits >> 4) & 7
  const mantissa = ((bits & 0x0f) << 4) + 8
  const magnitude = exponent === 0 ? mantissa : (mantissa + 0x100) << (exponent - 1)
  return bits & 0x80 ? magnitude : -magnitude
})

/** ITU-T G.711 µ-law, decoded to 16 bits. */
const MU_LAW = Int16Array.from({ length: 256 }, (_, code) => {
  const bits = ~code & 0xff
  const magnitude = ((((bits & 0x0f) << 3) + 0x84) << ((bits >> 4) & 7)) - 0x84
  return bits & 0x80 ? -magnitude : magnitude
})
