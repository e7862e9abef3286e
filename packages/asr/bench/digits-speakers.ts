import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { digitClips, generateDigitStrings } from '@parlance/corpora'
import { Transcriber } from '../src/index.js'
import { writeDigitData, writeSyntheticDigits } from './digits/data.js'
import { STEPS, trainDigits } from './digits/recipe.js'
import { scoreDigits, shown } from './digits/score.js'

// Leave-one-speaker-out: the digits model trained on four speakers and synthetic voices, on strings of all clips of the fifth. Goes on where it stopped.
// Run: npm run bench -- asr/digits-speakers --output DIR [--speakers a,b] [--steps PLAIN,ALL]
// --speakers none trains on all; the shipped model's card says how its own training differed.

const { values } = parseArgs({
  options: {
    output: { type: 'string' },
    speakers: { type: 'string', default: 'george,jackson,lucas,nicolas,yweweler' },
    steps: { type: 'string', default: STEPS.join(',') },
  },
})
if (values.output === undefined) throw new Error('say with --output where models are written')
const parts = await Promise.all((['train', 'valid', 'test'] as const).map(digitClips))
const rates: number[] = []
console.log('synthetic voices (some minutes, once)')
const synthetic = await writeSyntheticDigits(values.output)
for (const speaker of values.speakers.split(',')) {
  const folder = join(values.output, speaker)
  const data = await writeDigitData(folder, synthetic, speaker)
  const model = await trainDigits(data, folder, values.steps.split(',').map(Number))
  if (speaker === 'none') continue
  const transcriber = await Transcriber.load(model, { threads: 1 })
  const strings = generateDigitStrings(parts.flat().filter((clip) => clip.speaker === speaker), { seed: 3, strings: 200 })
  const score = scoreDigits(strings, transcriber.transcribe(strings.map(({ samples }) => samples)))
  transcriber.dispose()
  rates.push(score.wer)
  console.log(`without ${speaker}: ${shown(score)}`)
}
if (rates.length > 0) console.log(`mean WER ${(rates.reduce((sum, rate) => sum + rate, 0) / rates.length).toFixed(2)}%`)
