import { afterEach, describe, expect, it } from 'vitest'
import { AudioError } from '../errors.js'
import { seededRandom } from '../random.js'
import { int16, wavWith } from '../testing/wav-with.js'
import { readWav } from './read.js'

const TypedArrays = ['Uint8Array', 'Float32Array', 'Float64Array', 'Int16Array', 'ArrayBuffer'] as const
const originals = TypedArrays.map((name) => globalThis[name])

afterEach(() => {
  for (const [i, name] of TypedArrays.entries()) Object.assign(globalThis, { [name]: originals[i] })
})

/** Counts the bytes of all arrays that are made by a length. */
function countAllocations(): { bytes: number } {
  const counter = { bytes: 0 }
  for (const name of TypedArrays) {
    const Original = globalThis[name] as unknown as { new (...args: unknown[]): object; BYTES_PER_ELEMENT?: number }
    const counting = new Proxy(Original, {
      construct(target, args: unknown[], newTarget) {
        if (typeof args[0] === 'number') counter.bytes += args[0] * (Original.BYTES_PER_ELEMENT ?? 1)
        return Reflect.construct(target, args, newTarget) as object
      },
    })
    Object.assign(globalThis, { [name]: counting })
  }
  return counter
}

const extensible = (validBits: number, tag: number) => {
  const rest = Buffer.alloc(24)
  rest.writeUInt16LE(22, 0)
  rest.writeUInt16LE(validBits, 2)
  rest.writeUInt16LE(tag, 8)
  return rest
}
const ds64 = Buffer.alloc(28)
ds64.writeBigUInt64LE(24n, 8)
const data = int16(...Array.from({ length: 12 }, (_, i) => 100 * i))

const seeds = [
  wavWith({ data }),
  wavWith({ channels: 2, data, before: [['LIST', [1, 2, 3]], ['fact', [0, 0, 0, 0]]] }),
  wavWith({ bits: 24, data }),
  wavWith({ tag: 3, bits: 64, channels: 3, data }),
  wavWith({ tag: 6, bits: 8, data }),
  wavWith({ tag: 7, bits: 8, channels: 2, data }),
  wavWith({ tag: 0xfffe, bits: 32, formatRest: extensible(24, 1), data }),
  wavWith({ riff: 'RF64', riffSize: 0xffffffff, dataSize: 0xffffffff, before: [['ds64', [...ds64]]], data }),
]

const EXTREMES = [0, 1, 7, 8, 0x7f, 0x80, 0xff]

describe('readWav of 10,000 damaged files', () => {
  it('answers each with a reading or an AudioError of one line, and allocates no more than a small multiple of the file', () => {
    const random = seededRandom(11)
    const integer = (below: number) => Math.floor(random.next() * below)
    const outcomes = { read: 0, refused: 0 }
    const allocations = countAllocations()
    readWav(seeds[0]!)
    expect(allocations.bytes).toBeGreaterThan(data.length * 2)
    for (let run = 0; run < 10_000; run++) {
      const bytes = Buffer.from(seeds[run % seeds.length]!)
      for (let edits = 1 + integer(4); edits > 0; edits--) {
        const at = integer(bytes.length)
        const kind = integer(4)
        if (kind === 0) bytes[at] = integer(256)
        else if (kind === 1) bytes[at] = EXTREMES[integer(EXTREMES.length)]!
        else if (kind === 2) bytes[at]! ^= 1 << integer(8)
        else bytes.writeUInt32LE([0, 1, 0x7fffffff, 0x80000000, 0xffffffff, bytes.length][integer(6)]!, Math.min(at, bytes.length - 4))
      }
      const damaged = integer(3) === 0 ? bytes.subarray(0, integer(bytes.length + 1)) : bytes
      allocations.bytes = 0
      try {
        const { samples, channels } = readWav(damaged, { allowTruncated: run % 2 === 0 })
        for (const channel of channels) if (channel.length !== samples) throw new Error(`run ${run}: a channel of ${channel.length}, not ${samples}`)
        outcomes.read += 1
      } catch (error) {
        if (!(error instanceof AudioError) || error.message.includes('\n')) throw error
        outcomes.refused += 1
      }
      // Eight bytes of a block and four of the result for a sample of one byte, the table of the decoder's header.
      if (allocations.bytes > 20 * damaged.length + 1024) throw new Error(`run ${run}: ${allocations.bytes} bytes for a file of ${damaged.length}`)
    }
    expect(outcomes.read).toBeGreaterThan(1000)
    expect(outcomes.refused).toBeGreaterThan(1000)
  })
})
