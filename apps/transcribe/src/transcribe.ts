import { Transcriber, type Transcript } from '@parlance/asr'
import { UsageError } from '@parlance/nn/command-line'
import { expectOne, type Format, formatted } from './formats.js'
import { recordingNames, speechInput } from './inputs.js'
import { loadOptions, type SearchFlags } from './search-flags.js'
import { transcribeLive } from './live.js'

export interface TranscribeFlags extends SearchFlags {
  model?: string
  format: Format
  nBest: number
  batchSize: number
  stream?: true
}

/** `parlance-transcribe FILE.wav…`: transcripts on standard output, how long it took on standard error. */
export async function transcribe(args: readonly string[], flags: TranscribeFlags): Promise<void> {
  const { model, format, batchSize, nBest, stream, beamSize } = flags
  if (model === undefined) throw new UsageError('no model: give --model DIR, a folder that parlance-transcribe train wrote.')
  if (nBest > beamSize) throw new UsageError(`--n-best ${nBest} needs a beam that keeps as many: give --beam-size ${nBest} or more.`)
  if (nBest > 1 && (format !== 'json' || stream)) throw new UsageError('--n-best needs --format json, and whole recordings rather than --stream.')
  const names = recordingNames(args)
  expectOne(names, format)
  const transcriber = await Transcriber.load(model, loadOptions(flags))
  const started = performance.now()
  const transcripts = stream
    ? await transcribeLive(transcriber, names)
    : transcriber.transcribe(names.map((name) => speechInput(name, transcriber.sampleRate)), { batchSize, nBest })
  process.stdout.write(formatted(names, transcripts, format))
  process.stderr.write(`${summary(transcripts, (performance.now() - started) / 1000)}\n`)
}

function summary(transcripts: readonly Transcript[], seconds: number): string {
  const audio = transcripts.reduce((sum, { duration }) => sum + duration, 0)
  const factor = audio > 0 ? `, real-time factor ${(seconds / audio).toFixed(3)}` : ''
  return `${audio.toFixed(1)} s of audio in ${seconds.toFixed(1)} s${factor}`
}
