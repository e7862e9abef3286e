/** Prints how many times faster than real time features are computed: `npx tsx --conditions=@parlance/source packages/audio/bench/features.ts`. */
import { FeatureExtractor, type FeatureOptions } from '@parlance/audio'

const SECONDS = 60
const RUNS = 9

const settings: [name: string, options: FeatureOptions][] = [
  ['Kaldi 80 bins, 16 kHz', {}],
  ['Kaldi 40 bins, 8 kHz', { sampleRate: 8000, bins: 40 }],
  ['Whisper 80 bins, 16 kHz', { convention: 'whisper' }],
]
for (const [name, options] of settings) {
  const extractor = new FeatureExtractor(options)
  const rate = extractor.config.sampleRate
  const samples = Float32Array.from({ length: SECONDS * rate }, (_, n) => 0.3 * Math.sin(n * (0.01 + 0.3 * n / (SECONDS * rate))))
  extractor.compute(samples)
  const times = Array.from({ length: RUNS }, () => {
    const start = performance.now()
    extractor.compute(samples)
    return performance.now() - start
  }).sort((a, b) => a - b)
  const median = times[RUNS >> 1]!
  console.log(`${name}: ${Math.round(SECONDS * 1000 / median)} x real time (median of ${RUNS}: ${median.toFixed(1)} ms for ${SECONDS} s)`)
}
