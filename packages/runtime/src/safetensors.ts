/**
 * The safetensors file format (https://huggingface.co/docs/safetensors): eight bytes with the header's length (unsigned,
 * little-endian), a JSON header that gives each tensor's dtype, shape and offsets into the data, and the data, without
 * gaps. Everything is checked before memory for the data is allocated.
 */
import fs from 'node:fs'
import { writeFileAtomic } from './atomic-file.js'
import { fromBfloat16, fromFloat16, toBfloat16, toFloat16 } from './half-floats.js'

/** The array that holds each dtype: 16-bit floats as their bits, booleans as bytes of 0 and 1. */
interface SafetensorsArrays {
  F32: Float32Array
  F16: Uint16Array
  BF16: Uint16Array
  I32: Int32Array
  I64: BigInt64Array
  I8: Int8Array
  U8: Uint8Array
  U16: Uint16Array
  BOOL: Uint8Array
}

export type SafetensorsDtype = keyof SafetensorsArrays

/** A tensor in row-major order; `data` has as many elements as `shape` says. */
export type SafetensorsTensor = {
  [D in SafetensorsDtype]: { dtype: D; shape: number[]; data: SafetensorsArrays[D] }
}[SafetensorsDtype]

/** Where a tensor's bytes lie: `offset` from the beginning of the file, `length` in bytes. */
export interface SafetensorsLocation {
  dtype: SafetensorsDtype
  shape: number[]
  offset: number
  length: number
}

/** How float32 tensors are stored: as they are, or rounded to the nearest 16-bit float (ties to even). */
export type StoredFloats = 'F32' | 'F16' | 'BF16'

/** Whether a dtype is one that float32 tensors are stored as: what `toFloat32` reads. */
export function storesFloats(dtype: SafetensorsDtype): dtype is StoredFloats {
  return dtype === 'F32' || dtype === 'F16' || dtype === 'BF16'
}

export interface SafetensorsFile {
  /** In the order of the data. */
  tensors: Map<string, SafetensorsTensor>
  metadata: Record<string, string>
}

const ELEMENT_BYTES: Record<SafetensorsDtype, number> = { F32: 4, F16: 2, BF16: 2, I32: 4, I64: 8, I8: 1, U8: 1, U16: 2, BOOL: 1 }
const LARGEST_HEADER = 100_000_000 // the reference implementation's limit
const DATA_ALIGNMENT = 64

interface Layout {
  locations: Map<string, SafetensorsLocation>
  metadata: Record<string, string>
  dataStart: number
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The keys of the outermost object of valid JSON, duplicates included (JSON.parse would hide them). */
function* outermostKeys(json: string): Generator<string> {
  let depth = 0
  for (let i = 0; i < json.length; i++) {
    const character = json[i]
    if (character === '{' || character === '[') depth++
    else if (character === '}' || character === ']') depth--
    else if (character === '"') {
      const start = i
      for (i++; json[i] !== '"'; i++) if (json[i] === '\\') i++
      if (depth !== 1) continue
      let next = i + 1
      while (/\s/.test(json[next] ?? 'x')) next++
      if (json[next] === ':') yield JSON.parse(json.slice(start, i + 1)) as string
    }
  }
}

function isSize(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0
}

/** Checks one entry of the header; offsets become absolute. */
function parseEntry(source: string, name: string, entry: unknown, dataStart: number, size: number): SafetensorsLocation {
  const where = `${source}: tensor ${JSON.stringify(name)}`
  if (!isRecord(entry)) throw new Error(`${where} is not described by an object: the file is damaged.`)
  const { dtype, shape, data_offsets: offsets } = entry
  if (typeof dtype !== 'string' || !Object.hasOwn(ELEMENT_BYTES, dtype)) {
    const known = Object.keys(ELEMENT_BYTES).join(', ')
    throw new Error(`${where} has dtype ${JSON.stringify(dtype)}: expected one of ${known}.`)
  }
  if (!Array.isArray(shape) || !shape.every(isSize)) {
    throw new Error(`${where} has shape ${JSON.stringify(shape)}: expected whole numbers of 0 or more.`)
  }
  if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(isSize)) {
    throw new Error(`${where} has data_offsets ${JSON.stringify(offsets)}: expected two whole numbers.`)
  }
  const [begin, end] = offsets as [number, number]
  if (begin > end || dataStart + end > size) {
    throw new Error(
      `${where} lies at bytes ${begin} to ${end} of the data, but the file holds ${size - dataStart} bytes of data: ` +
        'it is cut short or damaged; fetch or write it again.',
    )
  }
  const expected = shape.reduce<number>((product, n) => product * n, ELEMENT_BYTES[dtype as SafetensorsDtype])
  if (expected !== end - begin) {
    throw new Error(
      `${where} of dtype ${dtype} and shape [${shape.join(', ')}] needs ${expected} bytes but has ${end - begin}: ` +
        'the file is damaged.',
    )
  }
  return { dtype: dtype as SafetensorsDtype, shape: [...shape], offset: dataStart + begin, length: end - begin }
}

function parseHeader(source: string, header: Uint8Array, size: number): Layout {
  const dataStart = 8 + header.byteLength
  let text: string
  let json: unknown
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(header)
    json = JSON.parse(text)
  } catch {
    throw new Error(`${source}: the safetensors header is not valid JSON: the file is damaged or of another format.`)
  }
  if (!isRecord(json)) throw new Error(`${source}: the safetensors header is not an object: the file is damaged.`)
  const seen = new Set<string>()
  for (const key of outermostKeys(text)) {
    if (seen.has(key)) throw new Error(`${source}: tensor ${JSON.stringify(key)} is there twice: the file is damaged.`)
    seen.add(key)
  }
  const { __metadata__: metadata = {}, ...entries } = json
  if (!isRecord(metadata) || !Object.values(metadata).every((value) => typeof value === 'string')) {
    throw new Error(`${source}: the safetensors metadata must map names to texts: the file is damaged.`)
  }
  const sorted = Object.entries(entries)
    .map(([name, entry]) => [name, parseEntry(source, name, entry, dataStart, size)] as const)
    .sort(([, a], [, b]) => a.offset - b.offset || a.length - b.length)
  let end = dataStart
  for (const [name, { offset, length }] of sorted) {
    if (offset !== end) {
      const fault = offset < end ? 'overlaps the tensor before it' : `leaves a gap of ${offset - end} bytes before it`
      throw new Error(`${source}: tensor ${JSON.stringify(name)} ${fault}: the file is damaged.`)
    }
    end = offset + length
  }
  if (end !== size) throw new Error(`${source}: ${size - end} bytes follow the last tensor: the file is damaged.`)
  return { locations: new Map(sorted), metadata: metadata as Record<string, string>, dataStart }
}

function headerLength(source: string, start: Uint8Array, size: number): number {
  if (size < 8) {
    throw new Error(`${source}: ${size} bytes are too few for a safetensors file: it is empty or cut short.`)
  }
  const length = new DataView(start.buffer, start.byteOffset, 8).getBigUint64(0, true)
  if (length > BigInt(Math.min(LARGEST_HEADER, size - 8))) {
    throw new Error(
      `${source}: the safetensors header claims ${length} bytes, of ${size} in the file: ` +
        'it is cut short, damaged or of another format.',
    )
  }
  return Number(length)
}

function readFully(descriptor: number, source: string, bytes: Uint8Array, position: number): Uint8Array {
  for (let done = 0; done < bytes.byteLength; ) {
    const count = fs.readSync(descriptor, bytes, done, Math.min(2 ** 30, bytes.byteLength - done), position + done)
    if (count === 0) throw new Error(`${source}: ended ${bytes.byteLength - done} bytes early while being read.`)
    done += count
  }
  return bytes
}

function withFile<T>(file: string, use: (descriptor: number, size: number) => T): T {
  let descriptor: number
  try {
    descriptor = fs.openSync(file, 'r')
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code
    const reason = code === 'ENOENT' ? 'there is no such file' : (error as Error).message
    throw new Error(`${file}: cannot be read: ${reason}.`, { cause: error })
  }
  try {
    const stat = fs.fstatSync(descriptor)
    if (!stat.isFile()) throw new Error(`${file}: is not a file: name the .safetensors file itself.`)
    return use(descriptor, stat.size)
  } finally {
    fs.closeSync(descriptor)
  }
}

function layoutOfFile(descriptor: number, file: string, size: number): Layout {
  const start = size < 8 ? new Uint8Array(0) : readFully(descriptor, file, new Uint8Array(8), 0)
  const length = headerLength(file, start, size)
  return parseHeader(file, readFully(descriptor, file, new Uint8Array(length), 8), size)
}

function layoutOfBytes(bytes: Uint8Array): Layout {
  const length = headerLength('safetensors bytes', bytes, bytes.byteLength)
  return parseHeader('safetensors bytes', bytes.subarray(8, 8 + length), bytes.byteLength)
}

/** The tensor at `location`, its data a view of `buffer` where the alignment allows and a copy otherwise. */
function tensorAt(location: SafetensorsLocation, buffer: ArrayBufferLike, offset: number): SafetensorsTensor {
  const { dtype, shape, length } = location
  const count = length / ELEMENT_BYTES[dtype]
  let [from, at] = [buffer, offset]
  if (offset % ELEMENT_BYTES[dtype] !== 0) [from, at] = [buffer.slice(offset, offset + length), 0]
  switch (dtype) {
    case 'F32':
      return { dtype, shape, data: new Float32Array(from, at, count) }
    case 'F16':
    case 'BF16':
    case 'U16':
      return { dtype, shape, data: new Uint16Array(from, at, count) }
    case 'I32':
      return { dtype, shape, data: new Int32Array(from, at, count) }
    case 'I64':
      return { dtype, shape, data: new BigInt64Array(from, at, count) }
    case 'I8':
      return { dtype, shape, data: new Int8Array(from, at, count) }
    case 'U8':
    case 'BOOL':
      return { dtype, shape, data: new Uint8Array(from, at, count) }
  }
}

/**
 * Reads a safetensors file, or its bytes. Arrays are views of one buffer (of the bytes given, where aligned).
 *
 * @throws Error, one line, for a file that is missing, cut short, damaged or of a dtype that is not supported.
 */
export function readSafetensors(source: string | Uint8Array): SafetensorsFile {
  if (typeof source !== 'string') {
    const { locations, metadata } = layoutOfBytes(source)
    const tensors = new Map<string, SafetensorsTensor>()
    for (const [name, location] of locations) {
      tensors.set(name, tensorAt(location, source.buffer, source.byteOffset + location.offset))
    }
    return { tensors, metadata }
  }
  return withFile(source, (descriptor, size) => {
    const { locations, metadata, dataStart } = layoutOfFile(descriptor, source, size)
    const data = readFully(descriptor, source, new Uint8Array(size - dataStart), dataStart)
    const tensors = new Map<string, SafetensorsTensor>()
    for (const [name, location] of locations) {
      tensors.set(name, tensorAt(location, data.buffer, location.offset - dataStart))
    }
    return { tensors, metadata }
  })
}

/** Where each tensor of a safetensors file (or of its bytes) lies; only the header is read. Throws as reading does. */
export function locateSafetensors(source: string | Uint8Array): Map<string, SafetensorsLocation> {
  if (typeof source !== 'string') return layoutOfBytes(source).locations
  return withFile(source, (descriptor, size) => layoutOfFile(descriptor, source, size)).locations
}

function encodeHeader(
  tensors: ReadonlyMap<string, SafetensorsTensor>,
  metadata: Readonly<Record<string, string>>,
  floats: StoredFloats = 'F32',
): Uint8Array {
  const fields: string[] = []
  if (Object.keys(metadata).length > 0) fields.push(`"__metadata__":${JSON.stringify(metadata)}`)
  let offset = 0
  for (const [name, { dtype: given, shape, data }] of tensors) {
    const dtype = given === 'F32' ? floats : given
    const expected = shape.reduce((product, n) => product * n, 1)
    if (name === '__metadata__') throw new Error('A tensor cannot be named "__metadata__" in safetensors: rename it.')
    if (!shape.every(isSize) || data.length !== expected) {
      throw new Error(
        `Tensor ${JSON.stringify(name)} of shape [${shape.join(', ')}] needs ${expected} values, got ${data.length}.`,
      )
    }
    const end = offset + data.length * ELEMENT_BYTES[dtype]
    fields.push(`${JSON.stringify(name)}:${JSON.stringify({ dtype, shape, data_offsets: [offset, end] })}`)
    offset = end
  }
  const json = new TextEncoder().encode(`{${fields.join(',')}}`)
  const padded = Math.ceil((8 + json.byteLength) / DATA_ALIGNMENT) * DATA_ALIGNMENT - 8
  const header = new Uint8Array(8 + padded).fill(0x20)
  new DataView(header.buffer).setBigUint64(0, BigInt(padded), true)
  header.set(json, 8)
  return header
}

function bytesOf(data: ArrayBufferView): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
}

/**
 * The bytes of a safetensors file: tensors in the map's order, the data beginning at a multiple of 64 bytes.
 * `locateSafetensors` gives the offsets.
 *
 * @throws Error for data whose length is not the shape's.
 */
export function encodeSafetensors(
  tensors: ReadonlyMap<string, SafetensorsTensor>,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array {
  const header = encodeHeader(tensors, metadata)
  let size = header.byteLength
  for (const { data } of tensors.values()) size += data.byteLength
  const bytes = new Uint8Array(size)
  bytes.set(header)
  let offset = header.byteLength
  for (const { data } of tensors.values()) {
    bytes.set(bytesOf(data), offset)
    offset += data.byteLength
  }
  return bytes
}

/** Elements that are narrowed at a time, so that writing takes little memory besides the tensors. */
const CHUNK = 2 ** 20

function* storedBytes(tensors: ReadonlyMap<string, SafetensorsTensor>, floats: StoredFloats): Generator<Uint8Array> {
  for (const [name, { dtype, data }] of tensors) {
    if (dtype !== 'F32' || floats === 'F32') {
      yield bytesOf(data)
      continue
    }
    for (let i = 0; i < data.length; i += CHUNK) yield bytesOf(narrowed(name, data.subarray(i, i + CHUNK), floats))
  }
}

function narrowed(name: string, values: Float32Array, floats: 'F16' | 'BF16'): Uint16Array {
  if (floats === 'BF16') return toBfloat16(values)
  const bits = toFloat16(values)
  const tooLarge = values.find((value, i) => ((bits[i] as number) & 0x7fff) === 0x7c00 && Number.isFinite(value))
  if (tooLarge === undefined) return bits
  throw new Error(`tensor ${JSON.stringify(name)} holds ${tooLarge}, and F16 ends at 65504: store BF16 or F32`)
}

/**
 * Writes a safetensors file as `encodeSafetensors` lays it out, atomically: under a temporary name in the same folder,
 * flushed, then renamed.
 *
 * @param floats how float32 tensors are stored; default F32
 * @throws Error, one line, for data whose length is not the shape's, numbers that F16 cannot hold, or when the file cannot
 *   be written.
 */
export function writeSafetensors(
  file: string,
  tensors: ReadonlyMap<string, SafetensorsTensor>,
  metadata: Readonly<Record<string, string>> = {},
  { floats = 'F32' }: { floats?: StoredFloats } = {},
): void {
  const header = encodeHeader(tensors, metadata, floats)
  const parts = function* (): Generator<Uint8Array> {
    yield header
    yield* storedBytes(tensors, floats)
  }
  writeFileAtomic(file, parts())
}

/**
 * The values of an F32, F16 or BF16 tensor as float32, exact.
 *
 * @throws Error for a tensor of another dtype.
 */
export function toFloat32(tensor: SafetensorsTensor): Float32Array {
  if (tensor.dtype === 'F32') return tensor.data
  if (tensor.dtype === 'F16') return fromFloat16(tensor.data)
  if (tensor.dtype === 'BF16') return fromBfloat16(tensor.data)
  throw new Error(`Expected a tensor of dtype F32, F16 or BF16, got ${tensor.dtype}.`)
}
