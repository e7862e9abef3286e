import { existsSync } from 'node:fs'
import { parseConfig, readJson } from '@parlance/nn/command-line'
import { writeFileAtomic } from '@parlance/runtime/session'
import type { Tokenizer } from '@parlance/tokenizer'
import { z } from 'zod'
import type { TransducerConfig } from '../config.js'
import type { Utterance } from '../manifest.js'
import type { EmissionTiming, Word } from './timed-words.js'

/** The file of a model folder that says how late its tokens come. */
export const TIMING_FILE = 'timing.json'

/** Share of the words whose times should be near. */
const MOST = 0.9

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
 * Measures how late the words of transcripts are, so that most of those that are right come as little too early as others too
 * late, and writes it; nothing where there are none. Only recordings where as many words were found as spoken are looked at.
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
  if (starts.length > 0) writeFileAtomic(file, `${JSON.stringify({ start: middle(starts), end: middle(ends) })}\n`)
}

/** The middle of the shortest interval that holds most of the values, to milliseconds. */
function middle(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const more = Math.ceil(MOST * sorted.length) - 1
  const from = (i: number): number => sorted[i] as number
  let best = 0
  for (let i = 0; i + more < sorted.length; i++) if (from(i + more) - from(i) < from(best + more) - from(best)) best = i
  return Math.round(500 * (from(best) + from(best + more))) / 1000
}
