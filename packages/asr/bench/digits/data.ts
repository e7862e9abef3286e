import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { DIGIT_WORDS, digitClips, generateDigitStrings, generateVariedStrings, type ManifestEntry, syntheticDigitClips, writeDigitStrings } from '@parlance/corpora'
import { CharTokenizer } from '@parlance/tokenizer'
import { BLANK_TOKEN } from '../../src/index.js'

/** What the digits model is trained on. */
export interface DigitData {
  /** Manifests of strings as they are; of these, more of them, varied ones and synthetic voices'; and of validation strings. */
  plain: string
  all: string
  valid: string
  /** Whole words, and a space that marks where each begins. */
  tokenizer: string
}

/** Varied strings of synthetic voices, unless they are there: `<folder>/synthetic.jsonl`. */
export async function writeSyntheticDigits(folder: string): Promise<string> {
  const manifest = join(folder, 'synthetic.jsonl')
  if (existsSync(manifest)) return manifest
  const clips = await syntheticDigitClips({ seed: 1, voices: 600 })
  return writeDigitStrings(folder, 'synthetic', generateVariedStrings(clips, { seed: 2, strings: 8000 }))
}

/**
 * @param synthetic the manifest that `writeSyntheticDigits` wrote
 * @param without a speaker who is left out everywhere
 */
export async function writeDigitData(folder: string, synthetic: string, without?: string): Promise<DigitData> {
  const [train, valid] = await Promise.all([digitClips('train'), digitClips('valid')])
  // Left out after strings were drawn, so that everybody's strings are the same whoever is left out.
  const heard = <T extends { speaker: string }>(strings: readonly T[]): T[] => strings.filter(({ speaker }) => speaker !== without)
  const pieces = CharTokenizer.fromText(' ', { specialTokens: [BLANK_TOKEN, ...DIGIT_WORDS] })
  const plain = generateDigitStrings(train, { seed: 5, strings: 2000, digits: [1, 4], margin: [0, 0.4], pause: [0, 0.4] })
  const more = generateDigitStrings(train, { seed: 15, strings: 6000, digits: [1, 6], margin: [0, 0.4], pause: [0, 0.5] })
  const varied = [1, 11].flatMap((seed) => generateVariedStrings(train, { seed, strings: 6000 }))
  const data = {
    plain: writeDigitStrings(folder, 'plain', heard(plain)),
    all: join(folder, 'all.jsonl'),
    valid: writeDigitStrings(folder, 'valid', heard(generateDigitStrings(valid, { seed: 2, strings: 150 }))),
    tokenizer: join(folder, 'tokenizer.json'),
  }
  const others = [writeDigitStrings(folder, 'more', heard(more)), writeDigitStrings(folder, 'varied', heard(varied)), synthetic]
  writeFileSync(data.all, [data.plain, ...others].map((file) => entriesFrom(file, folder)).join(''))
  writeFileSync(data.tokenizer, `${JSON.stringify(pieces.toJSON())}\n`)
  return data
}

/** The lines of a manifest, for one in another folder. */
function entriesFrom(manifest: string, folder: string): string {
  return readFileSync(manifest, 'utf8').trimEnd().split('\n').map((line) => {
    const entry = JSON.parse(line) as ManifestEntry
    return `${JSON.stringify({ ...entry, audio: relative(folder, join(dirname(manifest), entry.audio)) })}\n`
  }).join('')
}
