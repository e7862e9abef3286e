import { join } from 'node:path'
import { GraphSession } from '@parlance/runtime/session'
import { readModelConfig } from '../config.js'
import { GRAPH_FILES } from '../graphs/files.js'
import { readManifest, type Utterance } from '../manifest.js'
import { WholeEncoder } from '../recognizer/frame-encoder.js'
import { StretchEncoder } from '../recognizer/stretch-encoder.js'
import { wordsOf } from '../training/recordings.js'
import { secondsPerFrame } from '../speech/speech-features.js'
import { SpeechReader } from '../speech/speech-reader.js'
import { readTokenizer } from '../tokens/units.js'
import { alignWords } from './align-words.js'
import { byWord, pronunciationsOf, readLexicon } from './lexicon.js'

/** Recordings that are heard at once. */
const BATCH = 16

/** An utterance with the times of its words, and how each was spoken. */
export interface AlignedUtterance extends Utterance {
  /** Seconds; phones separated by spaces. */
  words: { word: string; start: number; end: number; phones: string }[]
}

/**
 * Forced alignment of a manifest: when each word of the transcripts is spoken, and which of its pronunciations. Manifests with
 * times of words train transducers that emit in time, and are spliced at words.
 *
 * @param folder of a CTC model of phones
 * @param options manifest, lexicon: files; threads: of the device, default all cores
 * @returns the utterances with their words' times; those that are too short for their transcripts are left out
 * @throws Error, one line, for files that cannot be read; UsageError for words without pronunciation
 */
export async function alignManifest(
  folder: string,
  { manifest, lexicon, threads }: { manifest: string; lexicon: string; threads?: number },
): Promise<AlignedUtterance[]> {
  const config = readModelConfig(join(folder, 'config.json'))
  const tokenizer = await readTokenizer(join(folder, 'tokenizer.json'))
  const pronunciations = byWord(readLexicon(lexicon))
  const utterances = readManifest(manifest)
  const options = utterances.map(({ text }) => wordsOf(text).map((word) => pronunciationsOf(word, pronunciations)))
  const session = GraphSession.load(join(folder, GRAPH_FILES.encoder), threads === undefined ? {} : { threads })
  const encoder = config.encoder.causal ? new StretchEncoder(session, config.encoder) : new WholeEncoder(session, config.encoder)
  const reader = new SpeechReader(config.features)
  const seconds = (frame: number): number => Math.round(1000 * frame * secondsPerFrame(config.features) * config.encoder.subsampling) / 1000
  const aligned: AlignedUtterance[] = []
  for (let from = 0; from < utterances.length; from += BATCH) {
    const some = utterances.slice(from, from + BATCH)
    const heard = some.map((): number[] => [])
    const features = some.map(({ audio }) => reader.open(audio).whole())
    for (const encoded of encoder.encode(features, BATCH)) for (const [n, frames] of encoded.entries()) heard[n]?.push(...frames)
    for (const [n, utterance] of some.entries()) {
      const words = alignWords(Float32Array.from(heard[n] as number[]), tokenizer.vocabSize, options[from + n] ?? [], (phone) => tokenizer.tokenToId(phone))
      if (!words) continue
      const timed = words.map(({ word, phones, start, end }) => ({ word, start: seconds(start), end: seconds(end + 1), phones: phones.join(' ') }))
      aligned.push({ ...utterance, words: timed })
    }
  }
  session.dispose()
  return aligned
}
