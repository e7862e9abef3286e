import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import {
  encodeSafetensors,
  locateSafetensors,
  readSafetensors,
  toFloat32,
  writeSafetensors,
  type SafetensorsTensor,
} from './safetensors.js'

let folder: string
beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'safetensors-'))
})
afterEach(() => {
  vi.restoreAllMocks()
  fs.rmSync(folder, { recursive: true })
})

const sample = new Map<string, SafetensorsTensor>([
  ['bytes', { dtype: 'U8', shape: [3], data: Uint8Array.of(1, 2, 255) }],
  ['10', { dtype: 'F32', shape: [2, 2], data: Float32Array.of(1, -2.5, Infinity, 1e-40) }],
  ['2', { dtype: 'I64', shape: [], data: BigInt64Array.of(-(2n ** 62n)) }],
  ['empty', { dtype: 'F32', shape: [0, 7], data: new Float32Array(0) }],
  ['half', { dtype: 'F16', shape: [1, 2], data: Uint16Array.of(0x3c00, 0xc000) }],
  ['brain', { dtype: 'BF16', shape: [1], data: Uint16Array.of(0x4049) }],
  ['ids', { dtype: 'I32', shape: [2], data: Int32Array.of(-1, 2 ** 31 - 1) }],
  ['mask', { dtype: 'BOOL', shape: [2], data: Uint8Array.of(0, 1) }],
])

/** A file as the format's description says, from its header's text and its data. */
function file(header: string, data: readonly number[] = [], claimed?: number): Uint8Array {
  const json = Buffer.from(header)
  const length = Buffer.alloc(8)
  length.writeBigUInt64LE(BigInt(claimed ?? json.length))
  return Buffer.concat([length, json, Buffer.from(data)])
}

describe('safetensors', () => {
  it('reads a file laid out by hand', () => {
    const header =
      '{"__metadata__":{"format":"pt"}, "b\\"{":{"dtype":"I32","shape":[1],"data_offsets":[4,8]},' +
      '"a":{"dtype":"F32","shape":[1,1],"data_offsets":[0,4]}}   '
    const { tensors, metadata } = readSafetensors(file(header, [0, 0, 0x80, 0x3f, 7, 0, 0, 0]))
    expect(metadata).toEqual({ format: 'pt' })
    expect([...tensors]).toEqual([
      ['a', { dtype: 'F32', shape: [1, 1], data: Float32Array.of(1) }],
      ['b"{', { dtype: 'I32', shape: [1], data: Int32Array.of(7) }],
    ])
  })

  it('gives back every dtype, name order and metadata from a file and from bytes', () => {
    const name = path.join(folder, 'model.safetensors')
    writeSafetensors(name, sample, { step: '12' })
    expect(fs.readdirSync(folder)).toEqual(['model.safetensors'])
    const bytes = fs.readFileSync(name)
    expect(bytes.equals(encodeSafetensors(sample, { step: '12' }))).toBe(true)
    const shifted = new Uint8Array(bytes.length + 1).subarray(1)
    shifted.set(bytes)
    for (const source of [name, bytes, shifted]) {
      const { tensors, metadata } = readSafetensors(source)
      expect(metadata).toEqual({ step: '12' })
      expect([...tensors]).toEqual([...sample])
    }
  })

  it('locates each tensor in the file, the data beginning at a multiple of 64 bytes', () => {
    const name = path.join(folder, 'model.safetensors')
    writeSafetensors(name, sample)
    const bytes = fs.readFileSync(name)
    expect((8 + Number(bytes.readBigUInt64LE(0))) % 64).toBe(0)
    const locations = locateSafetensors(name)
    expect(locations).toEqual(locateSafetensors(bytes))
    expect([...locations.keys()]).toEqual([...sample.keys()])
    for (const [key, { offset, length }] of locations) {
      const { data } = sample.get(key) as SafetensorsTensor
      expect(bytes.subarray(offset, offset + length)).toEqual(Buffer.from(data.buffer, data.byteOffset, data.byteLength))
    }
  })

  it('widens 16-bit floats exactly', () => {
    // Values of IEEE 754 binary16: one, smallest normal, smallest subnormal, largest, a third, negative zero, infinity.
    const half = Uint16Array.of(0x3c00, 0x0400, 0x0001, 0x7bff, 0x3555, 0x8000, 0xfc00)
    expect(toFloat32({ dtype: 'F16', shape: [7], data: half })).toEqual(
      Float32Array.of(1, 2 ** -14, 2 ** -24, 65504, 0.333251953125, -0, -Infinity),
    )
    expect(toFloat32({ dtype: 'F16', shape: [1], data: Uint16Array.of(0x7e00) })[0]).toBeNaN()
    const brain = Uint16Array.of(0x3f80, 0xc049, 0x7f80)
    expect(toFloat32({ dtype: 'BF16', shape: [3], data: brain })).toEqual(Float32Array.of(1, -3.140625, Infinity))
    expect(() => toFloat32({ dtype: 'U8', shape: [0], data: new Uint8Array(0) })).toThrow(/F32, F16 or BF16, got U8/)
  })

  it('stores float32 tensors as 16-bit floats when told to, others as they are', () => {
    const name = path.join(folder, 'model.safetensors')
    const ids = { dtype: 'I32' as const, shape: [3], data: Int32Array.of(1, -2, 2 ** 30) }
    // More than one chunk of narrowing, and an odd number of elements.
    const long = Float32Array.from({ length: 2 ** 21 + 1 }, (_, i) => i / 48)
    const tensors = new Map<string, SafetensorsTensor>([
      ['w', { dtype: 'F32', shape: [4], data: Float32Array.of(1, 1 / 3, -65504, 2 ** -24) }],
      ['ids', ids],
      ['long', { dtype: 'F32', shape: [long.length], data: long }],
    ])
    for (const [floats, third] of [['F16', 0.333251953125], ['BF16', 0.333984375]] as const) {
      writeSafetensors(name, tensors, { step: '3' }, { floats })
      const { tensors: got, metadata } = readSafetensors(name)
      expect(metadata).toEqual({ step: '3' })
      expect(got.get('ids')).toEqual(ids)
      const w = got.get('w') as SafetensorsTensor
      expect([w.dtype, w.shape]).toEqual([floats, [4]])
      expect([...toFloat32(w)]).toEqual([1, third, floats === 'F16' ? -65504 : -65536, 2 ** -24])
      const relative = floats === 'F16' ? 2 ** -11 : 2 ** -8
      const values = toFloat32(got.get('long') as SafetensorsTensor)
      long.forEach((v, i) => {
        if (!(Math.abs((values[i] as number) - v) <= v * relative + 2 ** -25)) expect.fail(`${v} came back as ${values[i]}`)
      })
    }
    expect(fs.statSync(name).size).toBeLessThan(2 * long.length + 1024)
  })

  it('refuses to store as float16 what it cannot hold, and keeps the old file', () => {
    const name = path.join(folder, 'model.safetensors')
    writeSafetensors(name, sample)
    const large = new Map<string, SafetensorsTensor>([['w', { dtype: 'F32', shape: [2], data: Float32Array.of(1, -65520) }]])
    expect(() => writeSafetensors(name, large, {}, { floats: 'F16' })).toThrow(
      /^Could not write .*model.safetensors: tensor "w" holds -65520, and F16 ends at 65504: store BF16 or F32\.$/,
    )
    expect([...readSafetensors(name).tensors]).toEqual([...sample])
    const infinite = new Map<string, SafetensorsTensor>([['w', { dtype: 'F32', shape: [2], data: Float32Array.of(-Infinity, 65519) }]])
    writeSafetensors(name, infinite, {}, { floats: 'F16' })
    expect([...toFloat32(readSafetensors(name).tensors.get('w') as SafetensorsTensor)]).toEqual([-Infinity, 65504])
  })

  it('refuses data that is not of the shape', () => {
    const wrong = new Map<string, SafetensorsTensor>([['w', { dtype: 'F32', shape: [2, 3], data: new Float32Array(5) }]])
    expect(() => encodeSafetensors(wrong)).toThrow('Tensor "w" of shape [2, 3] needs 6 values, got 5.')
  })

  it('keeps the old file when the disk is full', () => {
    const name = path.join(folder, 'model.safetensors')
    writeSafetensors(name, sample, { step: '1' })
    vi.spyOn(fs, 'writeSync').mockImplementation(() => {
      throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' })
    })
    expect(() => writeSafetensors(name, sample, { step: '2' })).toThrow(/^The disk is full: could not write .*model/)
    expect(fs.readdirSync(folder)).toEqual(['model.safetensors'])
    expect(readSafetensors(name).metadata).toEqual({ step: '1' })
  })

  it('names the folder that is missing', () => {
    const name = path.join(folder, 'nowhere', 'model.safetensors')
    expect(() => writeSafetensors(name, sample)).toThrow(/its folder does not exist/)
    expect(() => readSafetensors(name)).toThrow(/there is no such file/)
    expect(() => readSafetensors(folder)).toThrow(/is not a file/)
  })
})

describe('safetensors from strangers', () => {
  const entry = (shape: string, offsets: string, dtype = 'F32') =>
    `{"dtype":"${dtype}","shape":${shape},"data_offsets":${offsets}}`
  const four = [0, 0, 0, 0]
  const cases: [string, Uint8Array, RegExp][] = [
    ['an empty file', new Uint8Array(0), /0 bytes are too few/],
    ['seven bytes', new Uint8Array(7), /7 bytes are too few/],
    ['a header longer than the file', file('{}', [], 1000), /header claims 1000 bytes, of 10 in the file/],
    ['a header length of 2⁶³', file('{}', [], 2 ** 63), /header claims 9223372036854775808 bytes/],
    ['a header that is not JSON', file('{"a":'), /not valid JSON/],
    ['a header that is not UTF-8', Buffer.concat([file('{}').subarray(0, 8), Buffer.of(0xff, 0xfe)]), /not valid JSON/],
    ['a header that is a list', file('[]'), /not an object/],
    ['an entry that is a number', file('{"a":1}'), /"a" is not described by an object/],
    ['an unknown dtype', file(`{"a":${entry('[1]', '[0,4]', 'F7')}}`, four), /dtype "F7": expected one of F32, F16/],
    ['a dtype named like a method', file(`{"a":${entry('[1]', '[0,4]', 'toString')}}`, four), /dtype "toString"/],
    ['a negative dimension', file(`{"a":${entry('[-1]', '[0,4]')}}`, four), /shape \[-1\]: expected whole numbers/],
    ['a fractional dimension', file(`{"a":${entry('[0.5]', '[0,4]')}}`, four), /shape \[0.5\]/],
    ['offsets that are missing', file('{"a":{"dtype":"F32","shape":[1]}}', four), /data_offsets undefined/],
    ['offsets in the wrong order', file(`{"a":${entry('[1]', '[4,0]')}}`, four), /bytes 4 to 0 of the data/],
    ['data that is cut short', file(`{"a":${entry('[2]', '[0,8]')}}`, four), /the file holds 4 bytes of data: it is cut/],
    ['a shape too large for the bytes', file(`{"a":${entry('[2]', '[0,4]')}}`, four), /needs 8 bytes but has 4/],
    [
      'a shape whose size overflows',
      file(`{"a":${entry('[4294967296,4294967296,4294967296]', '[0,4]')}}`, four),
      /needs 3.*e\+29 bytes but has 4/,
    ],
    [
      'overlapping tensors',
      file(`{"a":${entry('[1]', '[0,4]')},"b":${entry('[1]', '[2,6]')}}`, [...four, 0, 0]),
      /"b" overlaps the tensor before it/,
    ],
    [
      'a gap between tensors',
      file(`{"a":${entry('[1]', '[0,4]')},"b":${entry('[1]', '[5,9]')}}`, [...four, ...four, 0]),
      /"b" leaves a gap of 1 bytes/,
    ],
    ['bytes after the last tensor', file(`{"a":${entry('[1]', '[0,4]')}}`, [...four, 9]), /1 bytes follow the last/],
    [
      'a name that is there twice',
      file(`{"a":${entry('[1]', '[0,4]')},"\\u0061" : ${entry('[1]', '[0,4]')}}`, four),
      /"a" is there twice/,
    ],
    ['metadata that is not text', file('{"__metadata__":{"a":1}}'), /metadata must map names to texts/],
  ]
  it.each(cases)('names the fault of %s', (_, bytes, message) => {
    expect(() => readSafetensors(bytes)).toThrow(message)
    expect(() => locateSafetensors(bytes)).toThrow(message)
    const name = path.join(folder, 'stranger.safetensors')
    fs.writeFileSync(name, bytes)
    expect(() => readSafetensors(name)).toThrow(message)
    expect(() => readSafetensors(name)).toThrow(name)
  })
})
