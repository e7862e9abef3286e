/**
 * How many times faster than real time features are computed, beside Meyda's `melBands` on the same signal:
 * `npm run bench -- audio/features`. Runs take turns, medians are printed.
 */
import { FeatureExtractor, type FeatureOptions, resample } from '@parlance/audio'
import meydaModule from 'meyda'

const SECONDS = 10
/** Meyda takes seconds for what takes the others milliseconds. */
const MEYDA_SECONDS = 1
const RUNS = 25

interface Meyda { sampleRate: number; bufferSize: number; melBands: number; extract(name: 'melBands', frame: Float32Array): number[] }
const meyda = meydaModule as unknown as Meyda
Object.assign(meyda, { sampleRate: 16000, bufferSize: 512, melBands: 80 })

const sweep = (rate: number, seconds: number) =>
  Float32Array.from({ length: seconds * rate }, (_, n) => 0.3 * Math.sin(n * (0.01 + 0.3 * n / (seconds * rate))))

interface Contestant { name: string; seconds: number; run: () => void; times: number[] }

const features = (name: string, options: FeatureOptions, piece?: number): Contestant => {
  const extractor = new FeatureExtractor(options)
  const { sampleRate } = extractor.config
  const samples = sweep(sampleRate, SECONDS)
  const run = piece === undefined ? () => extractor.compute(samples) : () => {
    const stream = extractor.stream()
    for (let at = 0; at < samples.length; at += piece) stream.push(samples.subarray(at, at + piece))
    stream.finish()
  }
  return { name, seconds: SECONDS, run, times: [] }
}

const short = sweep(16000, MEYDA_SECONDS)
const wide = sweep(44100, SECONDS)
const contestants: Contestant[] = [
  features('Kaldi log-mel, 80 bins, 16 kHz', {}),
  features('the same, streamed in pieces of 100 ms', {}, 1600),
  features('Kaldi log-mel, 40 bins, 8 kHz', { sampleRate: 8000, bins: 40 }),
  features('Kaldi MFCC, 13 of 23 bins, 16 kHz', { kind: 'mfcc' }),
  features('HTK log-mel, 80 bins, 16 kHz', { convention: 'htk', bins: 80 }),
  features('Whisper log-mel, 80 bins, 16 kHz', { convention: 'whisper' }),
  features('librosa log-mel, 80 bins, 16 kHz, FFT 512 each 160', { convention: 'librosa', sampleRate: 16000, fftSize: 512, hopLength: 160, bins: 80 }),
  { name: 'resampling 44.1 to 16 kHz', seconds: SECONDS, run: () => resample(wide, 44100, 16000), times: [] },
  {
    name: 'Meyda melBands, 80 bins, 16 kHz, FFT 512 each 160',
    seconds: MEYDA_SECONDS,
    run: () => { for (let at = 0; at + 512 <= short.length; at += 160) meyda.extract('melBands', short.slice(at, at + 512)) },
    times: [],
  },
]
for (let run = -1; run < RUNS; run++) {
  for (const { run: call, times } of contestants) {
    const start = performance.now()
    call()
    if (run >= 0) times.push(performance.now() - start)
  }
}
const speeds = contestants.map(({ name, seconds, times }) => {
  const median = times.sort((a, b) => a - b)[RUNS >> 1]!
  return { name, speed: seconds * 1000 / median }
})
for (const { name, speed } of speeds) console.log(`${Math.round(speed).toString().padStart(6)} x real time  ${name}`)
console.log(`Kaldi log-mel is ${(speeds[0]!.speed / speeds.at(-1)!.speed).toFixed(0)} times as fast as Meyda, Whisper's ${(speeds[5]!.speed / speeds.at(-1)!.speed).toFixed(0)} times`)
