import { existsSync } from 'node:fs'
import { parseConfig, readJson } from '@parlance/nn/command-line'
import { writeFileAtomic } from '@parlance/runtime/session'
import type { Tokenizer } from '@parlance/tokenizer'
import { z } from 'zod'
import type { TransducerConfig } from './config.js'
import type { Utterance } from './manifest.js'
import type { EmissionTiming, Word } from './timed-words.js'

/** The file of a model folder that says how late its tokens come. */
export const TIMING_FILE = 'timing.json'

const timingSchema = z.object({ start: z.number(), end: z.number() })

/**
 * How a model says when words are spoken: undefined for one that emits whenever it does.
 *
 * @param file what `writeTiming` wrote; without it tokens are taken to come in time
 * @throws UsageError, one line, for a file of another kind
 */
export function readTiming(file: string, tokenizer: Tokenizer, { emissionDelay }: TransducerConfig): EmissionTiming | undefined {
  if (emissionDelay === 0) return undefined
  const late = existsSync(file) ? parseConfig(timingSchema, readJson(file), file) : { start: 0, end: 0 }
  return { mark: tokenizer.tokenToId(' '), ...late }
}

/**
 * Measures how late the words of transcripts are, by the median of those that are right in recordings where as many were found
 * as spoken, and writes it; nothing where there are none.
 */
export function writeTiming(file: string, utterances: readonly Utterance[], transcripts: readonly { words: readonly Word[] }[]): void {
  const [starts, ends]: [number[], number[]] = [[], []]
  for (const [i, { words: spoken }] of utterances.entries()) {
    const heard = transcripts[i]?.words
    if (!spoken || heard?.length !== spoken.length) continue
    for (const [k, { word, start, end }] of heard.entries()) {
      const planted = spoken[k] as (typeof spoken)[0]
      if (word !== planted.word || start === undefined || end === undefined) continue
      starts.push(start - planted.start)
      ends.push(end - planted.end)
    }
  }
  if (starts.length > 0) writeFileAtomic(file, `${JSON.stringify({ start: median(starts), end: median(ends) })}\n`)
}

/** To milliseconds. */
function median(values: readonly number[]): number {
  return Math.round(1000 * (values.toSorted((a, b) => a - b)[values.length >> 1] as number)) / 1000
}
