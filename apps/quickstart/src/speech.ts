import { join, relative } from 'node:path'
import { evaluate, Transcriber } from '@parlance/asr'
import { trainRecognizer } from '@parlance/asr/training'
import { writeToneWordManifest } from '@parlance/corpora'
import { type Chapter, heading, line } from './print.js'

const SAMPLE_RATE = 8000
const SHOWN = 3

/** A CTC recogniser for ten words, each a sequence of vowel-like chords. */
export async function speech(folder: string, effort: number): Promise<Chapter> {
  heading('3  WAV to text: a recogniser')
  const data = join(folder, 'data/speech')
  const utterances = Math.ceil(400 * effort)
  const train = writeToneWordManifest(data, 'train', { seed: 1, utterances, sampleRate: SAMPLE_RATE })
  const test = writeToneWordManifest(data, 'test', { seed: 2, utterances: 40, sampleRate: SAMPLE_RATE })
  line(`${utterances} recordings of tone words, each word two or three vowel-like chords; 40 more held out`)

  const model = 'recogniser'
  const maxSteps = Math.ceil(500 * effort)
  const { seconds, step } = await trainRecognizer({
    data: train,
    output: join(folder, model),
    config: {
      features: { sampleRate: SAMPLE_RATE, bins: 40 },
      encoder: { width: 64, layers: 2, heads: 4 },
      augmentation: { speeds: [1], timeMasks: 0, frequencyMasks: 1 },
      batchSize: 8, buckets: 2, learningRate: 3e-3, warmupSteps: Math.ceil(maxSteps / 10), maxSteps, maxMinutes: 0.75,
      checkpointEvery: maxSteps,
    },
  })
  line(`CTC transformer of 2 layers, width 64, on log-mel features: ${step} steps in ${seconds.toFixed(0)} s`)

  const transcriber = await Transcriber.load(join(folder, model))
  const { errors, utterances: transcribed } = evaluate(transcriber, test)
  transcriber.dispose()
  const { rate, substitutions, deletions, insertions, referenceLength, normalization } = errors
  const text = [
    `WER ${(100 * rate).toFixed(1)}% on 40 recordings that it has not heard: ${substitutions} substitutions, ${deletions} deletions,`,
    `${insertions} insertions over ${referenceLength} reference words; greedy, normalisation: ${normalization}.`,
    ...transcribed.slice(0, SHOWN).flatMap(({ audio, reference, hypothesis }) => ['', relative(process.cwd(), audio), `reference   ${reference}`, `transcript  ${hypothesis}`]),
  ]
  for (const row of text) line(row)
  return { title: 'WAV to text: a recogniser', text: text.join('\n'), model }
}
