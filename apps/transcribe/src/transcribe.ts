import { Transcriber, type Transcript } from '@parlance/asr'
import { AudioError } from '@parlance/audio'
import { oneLine, UsageError } from '@parlance/nn/command-line'
import { defaultModel } from './default-model.js'
import { expectOne, type Format, formatted } from './formats.js'
import { recordingNames, speechInputs } from './inputs.js'
import { loadOptions, type SearchFlags } from './search-flags.js'
import { transcribeLive } from './live.js'

export interface TranscribeFlags extends SearchFlags {
  model?: string
  format: Format
  nBest: number
  batchSize: number
  stream?: true
  inputRate?: number
}

/**
 * `parlance-transcribe FILE.wav…`: transcripts on standard output, how long it took on standard error. A recording that cannot
 * be read is named there, the others are transcribed, and the exit code is 1.
 */
export async function transcribe(args: readonly string[], flags: TranscribeFlags): Promise<void> {
  const { format, batchSize, nBest, stream, inputRate, beamSize } = flags
  if (nBest > beamSize) throw new UsageError(`--n-best ${nBest} needs a beam that keeps as many: give --beam-size ${nBest} or more.`)
  if (nBest > 1 && (format !== 'json' || stream)) throw new UsageError('--n-best needs --format json, and whole recordings rather than --stream.')
  const names = recordingNames(args)
  if (inputRate !== undefined && !(stream && names.includes('-'))) throw new UsageError('--input-rate is for raw samples on standard input: give --stream and no file, or leave it out.')
  expectOne(names, format)
  const transcriber = await Transcriber.load(flags.model ?? defaultModel(), await loadOptions(flags))
  const started = performance.now()
  const results = stream
    ? transcribeLive(transcriber, names, inputRate)
    : transcriber.transcribeEach(await speechInputs(names), { batchSize, nBest })
  const output = new Output(names, format)
  for await (const result of results) output.add(result)
  output.end((performance.now() - started) / 1000)
}

/** Writes transcripts in the order of the recordings, each as soon as its format allows. */
class Output {
  private readonly kept: { name: string; transcript: Transcript }[] = []
  private count = 0
  private failures = 0
  /** Of audio. */
  private seconds = 0

  constructor(private readonly names: readonly string[], private readonly format: Format) {}

  /** The next recording's transcript, or what is wrong with it. */
  add(result: Transcript | AudioError): void {
    const { format, names, kept } = this
    const name = names[this.count++] as string
    if (result instanceof AudioError) {
      this.failures++
      process.stderr.write(`parlance-transcribe: ${oneLine(result)}\n`)
      return
    }
    if (result.warning !== undefined) process.stderr.write(`parlance-transcribe: warning: ${name}: ${result.warning}\n`)
    this.seconds += result.duration
    const one = { name, transcript: result }
    if (format === 'text' || format === 'ctm') process.stdout.write(formatted([one], format, names.length > 1))
    else kept.push(one)
  }

  /** @param seconds that it took */
  end(seconds: number): void {
    const { format, names, kept, failures } = this
    if (format === 'json' || kept.length > 0) process.stdout.write(formatted(kept, format, names.length > 1))
    const factor = this.seconds > 0 ? `, real-time factor ${(seconds / this.seconds).toFixed(3)}` : ''
    const failed = failures > 0 && names.length > 1 ? `; ${failures} of ${names.length} recordings could not be read` : ''
    if (failures < names.length) process.stderr.write(`${this.seconds.toFixed(1)} s of audio in ${seconds.toFixed(1)} s${factor}${failed}\n`)
    if (failures > 0) process.exitCode = 1
  }
}
