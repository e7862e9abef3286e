import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { digitClips, generateDigitStrings } from '@parlance/corpora'
import { parsePhrases, PhraseAutomaton, Transcriber } from '../src/index.js'
import { firstPartials } from './digits/partials.js'
import { noisyPhrases, phraseRecall, PHRASES } from './digits/phrases.js'
import { scoreDigits, shown } from './digits/score.js'

// The shipped digits model on strings of test clips: words, times, confidence, long recordings, partial results, a phrase list.
// Run: npm run bench -- asr/digits [--model DIR] [--part valid|test] [--strings N]

const { values } = parseArgs({
  options: {
    model: { type: 'string', default: resolve(import.meta.dirname, '../../models/transcribe-digits') },
    part: { type: 'string', default: 'test' },
    strings: { type: 'string', default: '300' },
    threads: { type: 'string', default: '1' },
  },
})
const part = values.part === 'valid' ? 'valid' : 'test'
const count = Number(values.strings)
const threads = Number(values.threads)
const clips = await digitClips(part)
const transcriber = await Transcriber.load(values.model, { threads })

const strings = generateDigitStrings(clips, { seed: 11, strings: count })
const apart = generateDigitStrings(clips, { seed: 12, strings: count, pause: [0.2, 0.6] })
const silent = generateDigitStrings(clips, { seed: 13, strings: count, background: 'silence' })
for (const [name, some] of [['pauses of 0 to 0.6 s', strings], ['pauses of 0.2 to 0.6 s', apart], ['digital silence', silent]] as const) {
  console.log(`3 to 10 ${part} clips, ${name}: ${shown(scoreDigits(some, transcriber.transcribe(some.map(({ samples }) => samples))))}`)
}

const single = generateDigitStrings(clips, { seed: 14, strings: 4 * count, digits: [1, 1] })
console.log(`single clips: ${shown(scoreDigits(single, transcriber.transcribe(single.map(({ samples }) => samples))))}`)

// 20 minutes of joined clips, beside the same words a string at a time.
const [long] = generateDigitStrings(clips, { seed: 15, strings: 1, digits: [1650, 1650], pause: [0, 0.6] })
if (!long) throw new Error('there is no string')
const pieces = long.words.map(({ word, start, end }) => ({
  speaker: long.speaker, text: word, words: [{ word, start: 0, end: end - start }],
  samples: long.samples.slice(Math.round((start - 0.1) * 8000), Math.round((end + 0.1) * 8000)),
}))
const joined = scoreDigits([long], [transcriber.transcribe(long.samples)])
const byClip = scoreDigits(pieces, transcriber.transcribe(pieces.map(({ samples }) => samples)))
console.log(`${(long.samples.length / 8000 / 60).toFixed(1)} minutes in one recording: WER ${joined.wer.toFixed(2)}%, clip by clip with 0.1 s around ${byClip.wer.toFixed(2)}%`)

const partials = firstPartials(transcriber, generateDigitStrings(clips, { seed: 16, strings: 100, pause: [0.2, 0.6] }))
for (const since of ['begun', 'ended'] as const) {
  const seconds = partials.map((partial) => partial[since]).sort((a, b) => a - b)
  const quantile = (share: number): string => (1000 * (seconds[Math.floor(share * (seconds.length - 1))] ?? NaN)).toFixed(0)
  console.log(`first partial result ${quantile(0.5)} ms after the first word has ${since} (median; 90%: ${quantile(0.9)} ms, last: ${quantile(1)} ms)`)
}

const phrased = noisyPhrases(clips, count)
const samples = phrased.map((one) => one.samples)
const plain = transcriber.transcribe(samples)
const beamed = await Transcriber.load(values.model, { threads, beamSize: 4 })
const biased = await Transcriber.load(values.model, {
  threads, beamSize: 4, fusion: (tokenizer) => ({ phrases: new PhraseAutomaton(parsePhrases(PHRASES.join('\n'), tokenizer, 'the phrases')) }),
})
for (const [name, transcripts] of [['greedy', plain], ['beam 4', beamed.transcribe(samples)], ['beam 4 with the phrase list', biased.transcribe(samples)]] as const) {
  console.log(`phrases in noise, ${name}: recall ${phraseRecall(phrased, transcripts).toFixed(1)}%, WER ${scoreDigits(phrased, transcripts).wer.toFixed(2)}%`)
}
