import { basename } from 'node:path'
import { type AnalogyAccuracy, analogyAccuracy, parseAnalogies, parseRatedPairs, type WordSimilarity, wordSimilarity } from '@parlance/metrics'
import { readTextFile } from '@parlance/nn/command-line'
import type { Command } from 'commander'
import type { Io } from './io.js'
import { loadVectors } from './vectors-option.js'

export interface EvaluateFlags {
  readonly vectors: string
  readonly similarity: readonly string[]
  readonly analogies: readonly string[]
  readonly oov: 'skip' | 'zero'
  readonly method: '3cosadd' | '3cosmul'
  readonly restrict: number
  readonly lowerCase?: true
  readonly json?: true
}

/** Measures vectors against ratings of people and on analogies, and writes figures with coverage and conventions. */
export async function evaluateCommand(flags: EvaluateFlags, command: Command, io: Io): Promise<void> {
  if (flags.similarity.length + flags.analogies.length === 0) command.error("error: name something to evaluate on by '--similarity' or '--analogies'")
  const ratings = flags.similarity.map((file) => ({ file, pairs: parseRatedPairs(readTextFile(file), file) }))
  const questions = flags.analogies.map((file) => ({ file, sections: parseAnalogies(readTextFile(file), file) }))
  const { vectors, vector } = await loadVectors(flags.vectors)
  const cased = (word: string) => vector(flags.lowerCase ? word.toLowerCase() : word)
  const similarities = ratings.map(({ file, pairs }) => ({ file, ...wordSimilarity(cased, pairs, { outOfVocabulary: flags.oov }) }))
  const { method, restrict, lowerCase = false } = flags
  const analogies = questions.map(({ file, sections }) => ({ file, ...analogyAccuracy(vectors, sections, { method, restrict, lowerCase }) }))
  if (flags.json) io.stdout.write(`${JSON.stringify({ vectors: flags.vectors, similarities, analogies })}\n`)
  else io.stdout.write([...similarities.map(similarityLine), ...analogies.map(analogyLines)].join(''))
}

function percent(share: number): string {
  return Number.isNaN(share) ? '–' : `${(100 * share).toFixed(2)}%`
}

function similarityLine({ file, spearman, covered, pairs, signature }: WordSimilarity & { file: string }): string {
  const figure = Number.isNaN(spearman) ? '–' : (100 * spearman).toFixed(2)
  return `${basename(file)}: ${figure} (${covered} of ${pairs} pairs covered; 100 ρ, ${signature})\n`
}

function analogyLines(result: AnalogyAccuracy & { file: string }): string {
  const line = (name: string, { accuracy, correct, covered, questions }: AnalogyAccuracy['semantic']) =>
    `  ${name}: ${percent(accuracy)} (${correct} of ${covered}; ${questions} questions)\n`
  return [
    `${basename(result.file)}: ${percent(result.accuracy)} (${result.correct} of ${result.covered} covered, ${result.questions} questions; ${result.signature})\n`,
    ...result.sections.map((section) => line(section.name, section)),
    line('semantic', result.semantic),
    line('syntactic', result.syntactic),
  ].join('')
}
