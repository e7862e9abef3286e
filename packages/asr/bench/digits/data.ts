import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DIGIT_WORDS, digitClips, generateDigitStrings, generateVariedStrings, writeDigitStrings } from '@parlance/corpora'
import { CharTokenizer } from '@parlance/tokenizer'
import { BLANK_TOKEN } from '../../src/index.js'

/** What the digits model is trained on. */
export interface DigitData {
  /** Manifests of strings as they are, of strings varied as other voices and rooms would have them, of both, and of validation strings. */
  plain: string
  varied: string
  both: string
  valid: string
  /** Whole words, and a space that marks where each begins. */
  tokenizer: string
}

/** @param without a speaker who is left out everywhere */
export async function writeDigitData(folder: string, without?: string): Promise<DigitData> {
  const [train, valid] = await Promise.all([digitClips('train'), digitClips('valid')])
  // Left out after strings were drawn, so that everybody's strings are the same whoever is left out.
  const heard = <T extends { speaker: string }>(strings: readonly T[]): T[] => strings.filter(({ speaker }) => speaker !== without)
  const pieces = CharTokenizer.fromText(' ', { specialTokens: [BLANK_TOKEN, ...DIGIT_WORDS] })
  const plain = generateDigitStrings(train, { seed: 5, strings: 2000, digits: [1, 4], margin: [0, 0.4], pause: [0, 0.4] })
  const data = {
    plain: writeDigitStrings(folder, 'plain', heard(plain)),
    varied: writeDigitStrings(folder, 'varied', heard(generateVariedStrings(train, { seed: 1, strings: 4000 }))),
    both: join(folder, 'both.jsonl'),
    valid: writeDigitStrings(folder, 'valid', heard(generateDigitStrings(valid, { seed: 2, strings: 150 }))),
    tokenizer: join(folder, 'tokenizer.json'),
  }
  writeFileSync(data.both, [data.plain, data.varied].map((file) => readFileSync(file, 'utf8')).join(''))
  writeFileSync(data.tokenizer, `${JSON.stringify(pieces.toJSON())}\n`)
  return data
}
