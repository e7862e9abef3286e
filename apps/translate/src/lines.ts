import { isUtf8 } from 'node:buffer'

export interface InputLine {
  readonly text: string
  /** Bytes that are not UTF-8 were replaced by U+FFFD. */
  readonly damaged: boolean
  /** The line was longer than `MAX_LINE_BYTES`, and `text` is empty. */
  readonly tooLong: boolean
}

const NEW_LINE = 0x0a
const RETURN = 0x0d
const BYTE_ORDER_MARK = '\uFEFF'

/** A longer line is left out: it would be no text, and memory is bounded. */
export const MAX_LINE_BYTES = 2 ** 24

/** The bytes of the line that is being read. */
class Line {
  private parts: Uint8Array[] = []
  private bytes = 0

  get isEmpty(): boolean {
    return this.bytes === 0
  }

  add(part: Uint8Array): void {
    this.bytes += part.length
    if (this.bytes > MAX_LINE_BYTES) this.parts = []
    else this.parts.push(part)
  }

  take(): InputLine {
    const tooLong = this.bytes > MAX_LINE_BYTES
    const bytes = Buffer.concat(this.parts)
    const line = bytes.at(-1) === RETURN ? bytes.subarray(0, -1) : bytes
    this.parts = []
    this.bytes = 0
    return { text: line.toString('utf8'), damaged: !isUtf8(line), tooLong }
  }
}

/**
 * The lines of a stream of bytes, in groups: all that one chunk completes. A file piped in gives large groups, someone
 * who types gives one line at a time. Lines end in "\n" or "\r\n"; the last need not end. A byte order mark at the
 * beginning is no part of the text.
 */
export async function* lineGroups(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<InputLine[]> {
  const line = new Line()
  let isFirst = true
  const take = (): InputLine => {
    const taken = line.take()
    const marked = isFirst && taken.text.startsWith(BYTE_ORDER_MARK)
    isFirst = false
    return marked ? { ...taken, text: taken.text.slice(BYTE_ORDER_MARK.length) } : taken
  }
  for await (const chunk of chunks) {
    const lines: InputLine[] = []
    let start = 0
    for (let end = chunk.indexOf(NEW_LINE); end >= 0; end = chunk.indexOf(NEW_LINE, start)) {
      line.add(chunk.subarray(start, end))
      lines.push(take())
      start = end + 1
    }
    if (start < chunk.length) line.add(chunk.subarray(start))
    if (lines.length > 0) yield lines
  }
  if (!line.isEmpty) yield [take()]
}
