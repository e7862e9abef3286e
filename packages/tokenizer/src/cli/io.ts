/** What a command line reads and writes; `process` is one. */
export interface Io {
  readonly stdin: AsyncIterable<Uint8Array | string>
  readonly stdout: NodeJS.WritableStream
  readonly stderr: NodeJS.WritableStream & { readonly isTTY?: boolean }
}

/** Standard input as bytes. */
export async function* stdinBytes(io: Io): AsyncGenerator<Uint8Array> {
  for await (const chunk of io.stdin) yield typeof chunk === 'string' ? Buffer.from(chunk) : chunk
}

/** What the input is called in error messages. */
export const STDIN = 'standard input'
