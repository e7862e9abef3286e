import { isUtf8 } from 'node:buffer'

export interface InputLine {
  readonly text: string
  /** Bytes that are not UTF-8 were replaced by U+FFFD. */
  readonly damaged: boolean
}

const NEW_LINE = 0x0a
const RETURN = 0x0d

function decode(bytes: Uint8Array): InputLine {
  const line = bytes.at(-1) === RETURN ? bytes.subarray(0, -1) : bytes
  return { text: Buffer.from(line).toString('utf8'), damaged: !isUtf8(line) }
}

/**
 * The lines of a stream of bytes, in groups: all that one chunk completes. A file piped in gives large groups, someone
 * who types gives one line at a time. The last line need not end.
 */
export async function* lineGroups(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<InputLine[]> {
  let parts: Uint8Array[] = []
  for await (const chunk of chunks) {
    const lines: InputLine[] = []
    let start = 0
    for (let end = chunk.indexOf(NEW_LINE); end >= 0; end = chunk.indexOf(NEW_LINE, start)) {
      parts.push(chunk.subarray(start, end))
      lines.push(decode(Buffer.concat(parts)))
      parts = []
      start = end + 1
    }
    if (start < chunk.length) parts.push(chunk.subarray(start))
    if (lines.length > 0) yield lines
  }
  if (parts.length > 0) yield [decode(Buffer.concat(parts))]
}
