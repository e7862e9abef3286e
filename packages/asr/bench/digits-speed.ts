import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { performance } from 'node:perf_hooks'
import { parseArgs } from 'node:util'
import { toMono, WavFile, writeWav } from '@parlance/audio'
import { DIGIT_RATE, digitClips, generateDigitStrings } from '@parlance/corpora'
import { Transcriber, type Transcript } from '../src/index.js'

// The shipped digits model on one core, in fresh processes: real-time factor of a whole recording and of a stream fed 20 ms at a
// time, and the most memory that the process took.
// Run: npm run bench -- asr/digits-speed [--model DIR] [--minutes N]

const BLOCK = 160

const { values } = parseArgs({
  options: {
    model: { type: 'string', default: resolve(import.meta.dirname, '../../models/transcribe-digits') },
    minutes: { type: 'string', default: '60' },
    /** Of the processes that this one starts. */
    measure: { type: 'string' },
    file: { type: 'string', default: '' },
  },
})

async function writeRecording(file: string, minutes: number): Promise<void> {
  const [minute] = generateDigitStrings(await digitClips('valid'), { seed: 1, strings: 1, digits: [80, 80] })
  if (!minute) throw new Error('there is no string')
  const samples = new Float32Array(Math.round(minutes * 60 * DIGIT_RATE))
  for (let at = 0; at < samples.length; at += minute.samples.length) {
    samples.set(minute.samples.subarray(0, Math.min(minute.samples.length, samples.length - at)), at)
  }
  writeWav(file, { sampleRate: DIGIT_RATE, channels: [samples] })
}

async function measure(how: string, file: string): Promise<void> {
  const loading = performance.now()
  const transcriber = await Transcriber.load(values.model, { threads: 1 })
  const started = performance.now()
  const { duration, words } = how === 'whole' ? transcriber.transcribe(file) : streamed(transcriber, file)
  const seconds = (performance.now() - started) / 1000
  console.log(`${how}: ${(duration / 60).toFixed(1)} minutes, ${words.length} words, loaded in ${(started - loading).toFixed(0)} ms, `
    + `real-time factor ${(seconds / duration).toFixed(4)}, at most ${Math.round(process.resourceUsage().maxRSS / 1024)} MB`)
}

function streamed(transcriber: Transcriber, file: string): Transcript {
  const stream = transcriber.stream()
  const wav = WavFile.open(file)
  for (const channels of wav.blocks()) {
    const samples = toMono(channels)
    for (let at = 0; at < samples.length; at += BLOCK) stream.push(samples.subarray(at, at + BLOCK))
  }
  wav.close()
  return stream.finish()
}

if (values.measure) {
  await measure(values.measure, values.file)
} else {
  const folder = mkdtempSync(join(tmpdir(), 'digits-speed-'))
  const file = join(folder, 'long.wav')
  await writeRecording(file, Number(values.minutes))
  for (const how of ['whole', 'stream']) {
    const args = [...process.execArgv, import.meta.filename, '--measure', how, '--file', file, '--model', values.model]
    spawnSync(process.execPath, args, { stdio: 'inherit' })
  }
  rmSync(folder, { recursive: true })
}
