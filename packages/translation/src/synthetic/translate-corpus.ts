import { createHash } from 'node:crypto'
import { appendFileSync, existsSync, mkdirSync, renameSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { readJson, UsageError } from '@parlance/nn/command-line'
import { writeError, writeFileAtomic } from '@parlance/runtime/session'
import { SYNTHETIC_TAG } from '../multilingual/languages.js'
import type { TranslateOptions } from '../search/translate-options.js'
import type { Translation, Translator } from '../translator.js'
import { CorpusProgress, type CorpusStream } from './corpus-progress.js'

export interface TranslateCorpusOptions {
  translator: Pick<Translator, 'translate'>
  /** Says which model it is: runs of another are not gone on with. */
  model: string
  sentences: readonly string[]
  /** The TSV file of pairs to write; it appears when it is whole. */
  output: string
  /**
   * Which side of the pairs the translations are: 'source' of back-translation (Sennrich et al. 2016, "Improving Neural
   * Machine Translation Models with Monolingual Data"), 'target' of sequence-level distillation (Kim and Rush 2016,
   * "Sequence-Level Knowledge Distillation").
   */
  side: 'source' | 'target'
  /** The search: a beam by default; `sampling` for sampled back-translation (Edunov et al. 2018). */
  options?: TranslateOptions
  /** Marks sources as made up (Caswell et al. 2019, "Tagged Back-Translation"); default false. */
  tag?: boolean
  /** Where progress goes; default stderr. */
  progress?: CorpusStream
}

export interface CorpusResult {
  /** Pairs in the file. */
  written: number
  /** Sentences that were blank, or of which the translation was empty, too long or of a source cut short. */
  leftOut: number
}

/** Sentences translated between two writes: what a killed run loses at most. */
const CHUNK = 1024

/** How far a run came: the rest of the file is as it would have been without the interruption. */
interface Partial extends CorpusResult {
  /** Sentences done. */
  done: number
  /** Of the file so far. */
  bytes: number
  settings: string
}

/**
 * Translates a corpus into a file of pairs. A run that was killed is gone on with by calling again with the same: what is
 * done lies in `output.part`, and how far it came in `output.part.json`. Draws go by the number of the sentence, so that
 * the file is the same.
 *
 * @throws UsageError when the output is there already, or a run with other settings was begun
 * @throws Error, one line, when it cannot be written
 */
export async function translateCorpus(options: TranslateCorpusOptions): Promise<CorpusResult> {
  const { translator, sentences, output, options: search = {}, progress: stream = process.stderr } = options
  const [part, state] = [`${output}.part`, `${output}.part.json`]
  if (existsSync(output)) throw new UsageError(`${output} is there already: name another file, or remove it.`)
  const settings = settingsHash(options)
  const partial = readPartial(part, state, settings) ?? begin(part, settings)
  truncateSync(part, partial.bytes)
  const progress = new CorpusProgress(stream, sentences.length, partial.done)
  while (partial.done < sentences.length) {
    const lines = sentences.slice(partial.done, partial.done + CHUNK)
    const numbered = lines.map((text, i) => ({ text, number: partial.done + i }))
    const translations = await translator.translate(numbered, search)
    const pairs = lines.flatMap((line, i) => pairLine(line, translations[i] as Translation, options) ?? [])
    save(part, state, partial, pairs, lines.length)
    progress.done(partial.done)
  }
  renameSync(part, output)
  rmSync(state, { force: true })
  progress.end()
  return { written: partial.written, leftOut: partial.leftOut }
}

function begin(part: string, settings: string): Partial {
  try {
    mkdirSync(dirname(part), { recursive: true })
    writeFileSync(part, '')
  } catch (error) {
    throw writeError(part, error)
  }
  return { done: 0, bytes: 0, written: 0, leftOut: 0, settings }
}

function readPartial(part: string, state: string, settings: string): Partial | undefined {
  if (!existsSync(part) || !existsSync(state)) return undefined
  const partial = readJson(state) as Partial
  if (partial.settings !== settings) {
    throw new UsageError(`${part} was begun with another model, input or other settings: go on with the same, or remove it.`)
  }
  return statSync(part).size >= partial.bytes ? partial : undefined
}

function settingsHash({ model, sentences, side, options = {}, tag = false }: TranslateCorpusOptions): string {
  const hash = createHash('sha256').update(JSON.stringify([model, side, options, tag]))
  for (const sentence of sentences) hash.update(sentence).update('\n')
  return hash.digest('hex')
}

function save(part: string, state: string, partial: Partial, pairs: readonly string[], done: number): void {
  const text = pairs.join('')
  try {
    appendFileSync(part, text)
  } catch (error) {
    throw writeError(part, error)
  }
  partial.done += done
  partial.bytes += Buffer.byteLength(text)
  partial.written += pairs.length
  partial.leftOut += done - pairs.length
  writeFileAtomic(state, JSON.stringify(partial))
}

/** Undefined for what would teach nothing good. */
function pairLine(line: string, { text, hypotheses, truncated }: Translation, { side, tag }: TranslateCorpusOptions): string | undefined {
  const [given, made] = [tidy(line), tidy(text)]
  if (given === '' || made === '' || truncated || !hypotheses[0]?.finished) return undefined
  const [source, target] = side === 'source' ? [made, given] : [given, made]
  return `${tag ? `${SYNTHETIC_TAG} ` : ''}${source}\t${target}\n`
}

/** Columns are apart by tabs. */
function tidy(text: string): string {
  return text.replace(/\s+/gu, ' ').trim()
}
