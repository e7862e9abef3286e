export interface Fields {
  riff?: string
  riffSize?: number
  tag?: number
  channels?: number
  rate?: number
  blockAlign?: number
  /** What follows the 16 bytes that every fmt chunk has. */
  formatRest?: Uint8Array
  bits?: number
  dataSize?: number
  data?: number[] | Uint8Array
  before?: [id: string, bytes: number[]][]
}

/** A WAV file with any field set to any value. */
export function wavWith(fields: Fields): Uint8Array {
  const { tag = 1, channels = 1, rate = 8000, bits = 16 } = fields
  const blockAlign = fields.blockAlign ?? channels * Math.ceil(bits / 8)
  const data = Buffer.from(fields.data ?? [])
  const fmt = Buffer.alloc(16)
  fmt.writeUInt16LE(tag, 0)
  fmt.writeUInt16LE(channels, 2)
  fmt.writeUInt32LE(rate, 4)
  fmt.writeUInt32LE((rate * blockAlign) % 2 ** 32, 8)
  fmt.writeUInt16LE(blockAlign, 12)
  fmt.writeUInt16LE(bits, 14)
  const chunk = (id: string, body: Buffer, size = body.length) => {
    const header = Buffer.alloc(8)
    header.write(id, 0, 'latin1')
    header.writeUInt32LE(size, 4)
    return Buffer.concat([header, body, Buffer.alloc(body.length & 1)])
  }
  const chunks = Buffer.concat([
    ...(fields.before ?? []).map(([id, body]) => chunk(id, Buffer.from(body))),
    chunk('fmt ', Buffer.concat([fmt, Buffer.from(fields.formatRest ?? [])])),
    chunk('data', data, fields.dataSize),
  ])
  const head = Buffer.alloc(12)
  head.write(fields.riff ?? 'RIFF', 0, 'latin1')
  head.writeUInt32LE(fields.riffSize ?? chunks.length + 4, 4)
  head.write('WAVE', 8, 'latin1')
  return Buffer.concat([head, chunks])
}

/** 16-bit samples as stored. */
export const int16 = (...values: number[]) => new Uint8Array(Int16Array.from(values).buffer)
