import { AudioError } from '@parlance/audio'
import { openSpeech, type PartialTranscript, type Transcriber, type Transcript, type TranscriptStream } from '@parlance/asr'
import { UsageError } from '@parlance/nn/command-line'

/** Seconds of a file that are heard at once. */
const PORTION = 0.1

/**
 * Transcribes recordings as they are heard, one after the other. Partial results go to standard error: a line for each
 * change, what stays before a bar and what may change behind it; on a terminal in one line. Standard input is raw sound as
 * it comes: 16-bit little-endian samples of one channel.
 *
 * @param inputRate Hz of standard input. Default the model's
 * @returns for each recording its transcript, or what is wrong with it
 * @throws Error, one line, for a model that needs whole recordings
 */
export async function* transcribeLive(
  transcriber: Transcriber, names: readonly string[], inputRate = transcriber.sampleRate,
): AsyncGenerator<Transcript | AudioError> {
  for (const name of names) {
    const show = new PartialLine()
    const stream = transcriber.stream(name === '-' ? { sampleRate: inputRate } : {})
    try {
      if (name === '-') await hearStandardInput(stream, show)
      else hearFile(stream, show, name, transcriber.sampleRate)
      show.end()
      yield stream.finish()
    } catch (error) {
      show.end()
      if (!(error instanceof AudioError)) throw error
      yield error
    }
  }
}

function hearFile(stream: TranscriptStream, show: PartialLine, name: string, sampleRate: number): void {
  const source = openSpeech(name, sampleRate)
  try {
    for (const samples of source.portions(PORTION)) show.update(stream.push(samples))
  } finally {
    source.close()
  }
}

async function hearStandardInput(stream: TranscriptStream, show: PartialLine): Promise<void> {
  let rest = Buffer.alloc(0)
  let heard = 0
  for await (const part of process.stdin as AsyncIterable<Buffer>) {
    const bytes = Buffer.concat([rest, part])
    if (heard === 0 && bytes.length < 4) {
      rest = bytes
      continue
    }
    if (heard === 0 && bytes.toString('latin1', 0, 4) === 'RIFF') {
      throw new UsageError('standard input is a WAV file: with --stream it must be raw 16-bit samples (arecord -t raw); name the file instead.')
    }
    const count = bytes.length >> 1
    show.update(stream.push(Float32Array.from({ length: count }, (_, i) => bytes.readInt16LE(2 * i) / 32768)))
    heard += count
    rest = bytes.subarray(2 * count)
  }
}

/** Partial results on standard error. */
class PartialLine {
  private before = ''

  update({ text, stable }: PartialTranscript): void {
    const line = `${text.slice(0, stable)}|${text.slice(stable)}`
    if (text === '' || line === this.before) return
    this.before = line
    process.stderr.write(process.stderr.isTTY ? `\r\x1b[K${line.slice(-process.stderr.columns + 1)}` : `${line}\n`)
  }

  /** Leaves a terminal's line empty for what follows. */
  end(): void {
    if (process.stderr.isTTY) process.stderr.write('\r\x1b[K')
  }
}
