/**
 * Long recordings: `npm run bench -- asr/long-recordings MODEL MANIFEST [MINUTES]` joins the recordings of a manifest to one of
 * MINUTES (default 60), and prints real-time factor and memory of transcribing it on one thread, and its word error rate beside
 * that of the recordings one by one.
 */
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openSpeech, readManifest, Transcriber } from '@parlance/asr'
import { encodeWav } from '@parlance/audio'
import { wer } from '@parlance/metrics'

const RATE = 16_000
const [model, manifest, minutes = '60'] = process.argv.slice(2)
if (model === undefined || manifest === undefined) throw new Error('Give a model folder and a manifest.')

const folder = mkdtempSync(join(tmpdir(), 'long-'))
const utterances = readManifest(manifest)
const file = join(folder, 'joined.wav')

/** Writes the recording clip by clip, so that this process stays small, and says which clips are in it. */
function writeJoined(): number[] {
  const handle = openSync(file, 'w')
  const header = Buffer.from(encodeWav({ sampleRate: RATE, channels: [new Float32Array(0)] }))
  writeSync(handle, header)
  const order: number[] = []
  let bytes = 0
  for (let i = 0; bytes < 2 * RATE * 60 * Number(minutes); i = (i + 1) % utterances.length) {
    order.push(i)
    const source = openSpeech(utterances[i]?.audio as string, RATE)
    for (const samples of source.portions()) {
      const coded = Int16Array.from(samples, (value) => Math.max(-32768, Math.min(32767, Math.round(32768 * value))))
      bytes += writeSync(handle, new Uint8Array(coded.buffer))
    }
    source.close()
  }
  header.writeUInt32LE(36 + bytes, 4)
  header.writeUInt32LE(bytes, 40)
  writeSync(handle, header, 0, header.length, 0)
  closeSync(handle)
  return order
}

const order = writeJoined()
const transcriber = await Transcriber.load(model, { threads: 1 })
const started = performance.now()
const { text, duration } = transcriber.transcribe(file)
const seconds = (performance.now() - started) / 1000
console.log(`${(duration / 60).toFixed(0)} minutes: real-time factor ${(seconds / duration).toFixed(4)}, ${(process.resourceUsage().maxRSS / 1024).toFixed(0)} MB resident at most`)
rmSync(folder, { recursive: true })

const alone = transcriber.transcribe(utterances.map(({ audio }) => audio)).map((one) => one.text)
const references = order.map((i) => utterances[i]?.text as string)
const percent = (rate: number): string => `${(100 * rate).toFixed(2)}%`
console.log(`WER joined ${percent(wer([references.join(' ')], [text]).rate)}, one by one ${percent(wer(references, order.map((i) => alone[i] as string)).rate)}`)
