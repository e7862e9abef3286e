import { decodeTexts } from '../text/read-texts.js'

/** What a command line reads and writes; `process` is one. */
export interface Io {
  readonly stdin: AsyncIterable<Uint8Array | string>
  readonly stdout: NodeJS.WritableStream
  readonly stderr: NodeJS.WritableStream & { readonly isTTY?: boolean }
}

export const NAME = 'parlance-embed'
const STDIN = 'standard input'

/** Standard input as bytes. */
async function* bytesOf(io: Io): AsyncGenerator<Uint8Array> {
  for await (const chunk of io.stdin) yield typeof chunk === 'string' ? Buffer.from(chunk) : chunk
}

/** The text of standard input, piece by piece. It can be read once. */
export function readStdin(io: Io): AsyncGenerator<string> {
  return decodeTexts(bytesOf(io), STDIN)
}
