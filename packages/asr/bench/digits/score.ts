import type { Transcript } from '../../src/index.js'
import type { DigitString } from '@parlance/corpora'
import { align, bootstrap, type ConfidenceInterval, countEdits, wer } from '@parlance/metrics'

/** Seconds that a time may be off. */
const TOLERANCE = 0.08

export interface DigitScore {
  strings: number
  words: number
  /** Word error rate in percent, with its 95% interval of 1,000 resamplings of strings. */
  wer: number
  interval: ConfidenceInterval
  /** Substitutions, deletions, insertions. */
  edits: [number, number, number]
  /** Shares, in percent, of the right words that start and end within 80 ms of where their clip does. */
  starts: number
  ends: number
  /** Probability that a right word has a higher confidence than a wrong one; undefined where all are right. */
  auc: number | undefined
  /** Word error rates in percent. */
  speakers: Record<string, number>
}

type Reference = Pick<DigitString, 'text' | 'words' | 'speaker'>

/** What transcripts of strings are worth. */
export function scoreDigits(strings: readonly Reference[], transcripts: readonly Transcript[]): DigitScore {
  const references = strings.map(({ text }) => text)
  const hypotheses = transcripts.map(({ text }) => text)
  const { rate, substitutions, deletions, insertions, referenceLength } = wer(references, hypotheses)
  const edits = strings.map(({ words }, i) => {
    const { substitutions, deletions, insertions } = countEdits(words.map(({ word }) => word), hypotheses[i]!.split(' ').filter(Boolean))
    return { wrong: substitutions + deletions + insertions, length: words.length }
  })
  const rateOf = (positions: Iterable<number>): number => {
    let [wrong, length] = [0, 0]
    for (const i of positions) {
      wrong += edits[i]!.wrong
      length += edits[i]!.length
    }
    return (100 * wrong) / Math.max(1, length)
  }
  const { starts, ends, right, wrong } = compared(strings, transcripts)
  const within = (errors: number[]): number => (100 * errors.filter((error) => Math.abs(error) <= TOLERANCE).length) / Math.max(1, errors.length)
  const speakers = [...new Set(strings.map(({ speaker }) => speaker))].sort()
  return {
    strings: strings.length,
    words: referenceLength,
    wer: 100 * rate,
    interval: bootstrap(strings.length, rateOf, { seed: 1 }),
    edits: [substitutions, deletions, insertions],
    starts: within(starts),
    ends: within(ends),
    auc: wrong.length > 0 ? areaUnderCurve(right, wrong) : undefined,
    speakers: Object.fromEntries(speakers.map((speaker) => [speaker, rateOf([...strings.keys()].filter((i) => strings[i]!.speaker === speaker))])),
  }
}

/** Errors of the times of right words, and confidences of right and of wrong ones. */
function compared(strings: readonly Reference[], transcripts: readonly Transcript[]) {
  const found = { starts: [] as number[], ends: [] as number[], right: [] as number[], wrong: [] as number[] }
  for (const [i, { words }] of strings.entries()) {
    const heard = transcripts[i]!.words
    for (const step of align(words.map(({ word }) => word), heard.map(({ word }) => word))) {
      if (step.type === 'deletion') continue
      const { start = NaN, end = NaN, confidence } = heard[step.hypothesis]!
      if (step.type !== 'hit') {
        found.wrong.push(confidence)
        continue
      }
      found.right.push(confidence)
      found.starts.push(start - words[step.reference]!.start)
      found.ends.push(end - words[step.reference]!.end)
    }
  }
  return found
}

/** Ties count half. */
function areaUnderCurve(high: readonly number[], low: readonly number[]): number {
  let sum = 0
  for (const x of high) for (const y of low) sum += x > y ? 1 : x === y ? 0.5 : 0
  return sum / (high.length * low.length)
}

/** A line of a table. */
export function shown({ strings, words, wer, interval, edits, starts, ends, auc, speakers }: DigitScore): string {
  const percent = (value: number): string => value.toFixed(2)
  return `${strings} recordings, ${words} words: WER ${percent(wer)}% [${percent(interval.low)}, ${percent(interval.high)}] `
    + `(${edits[0]} substitutions, ${edits[1]} deletions, ${edits[2]} insertions), `
    + `${starts.toFixed(1)}% of starts and ${ends.toFixed(1)}% of ends within 80 ms, `
    + `${auc === undefined ? 'no wrong word' : `AUC of confidence ${auc.toFixed(3)}`}; `
    + Object.entries(speakers).map(([name, rate]) => `${name} ${percent(rate)}`).join(', ')
}
