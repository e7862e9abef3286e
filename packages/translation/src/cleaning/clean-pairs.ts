import type { Pair } from '../data/read-pairs.js'
import { wrongLanguage } from './wrong-language.js'

/** Why pairs are left out of training, in the order in which it is looked at. */
export const reasons = {
  empty: 'a side is empty',
  unprintable: 'control or undecodable characters',
  copy: 'both sides are the same',
  ratio: 'word ratio too high',
  duplicate: 'the pair was there before',
  language: 'a side in the wrong language',
  length: 'too many tokens',
} as const

export type Reason = keyof typeof reasons

export interface LeftOut {
  readonly count: number
  /** The first few. */
  readonly examples: readonly Pair[]
}

/** How many pairs were read, and which of them were left out for what. */
export interface CleaningReport {
  readonly read: number
  readonly kept: number
  readonly leftOut: Readonly<Partial<Record<Reason, LeftOut>>>
}

export interface CleaningOptions {
  /** Pairs of which one side has more than this many times the words of the other (and more than this many) are left out. */
  maxRatio: number
  /**
   * 'full' (default) looks at everything; 'basic' only at empty sides and the ratio, for data whose sides may be the same
   * or are in no languages.
   */
  cleaning?: 'full' | 'basic'
}

/** Counts what is left out, and keeps some of it to look at. */
export class LeftOutPairs {
  private readonly found = new Map<Reason, { count: number; examples: Pair[] }>()

  add(reason: Reason, pair: Pair): void {
    const entry = this.found.get(reason) ?? { count: 0, examples: [] }
    this.found.set(reason, entry)
    entry.count++
    if (entry.examples.length < MOST_EXAMPLES) entry.examples.push(pair)
  }

  report(): CleaningReport['leftOut'] {
    return Object.fromEntries(this.found)
  }
}

const MOST_EXAMPLES = 3

/** Control characters other than white space, what no UTF-8 encodes, replacement characters, private use. */
const UNPRINTABLE = /[^\P{Cc}\s]|\p{Cs}|\p{Co}|\p{Cn}|\uFFFD/u

/** Trims both sides and leaves out what `CleaningOptions` say; the report tells what and why. */
export function cleanPairs(pairs: readonly Pair[], { maxRatio, cleaning = 'full' }: CleaningOptions): { pairs: Pair[]; report: CleaningReport } {
  const leftOut = new LeftOutPairs()
  const full = cleaning === 'full'
  const seen = new Set<string>()
  const reasonAgainst = ({ source, target }: Pair): Reason | undefined => {
    if (source === '' || target === '') return 'empty'
    if (full && (UNPRINTABLE.test(source) || UNPRINTABLE.test(target))) return 'unprintable'
    if (full && source.toLowerCase() === target.toLowerCase()) return 'copy'
    const [words, others] = [countWords(source), countWords(target)]
    if (Math.max(words, others) > maxRatio * Math.max(Math.min(words, others), 2)) return 'ratio'
    if (!full) return undefined
    const pair = `${source}\t${target}`
    if (seen.has(pair)) return 'duplicate'
    seen.add(pair)
    return undefined
  }
  const passed: Pair[] = []
  for (const { source, target, ...more } of pairs) {
    const pair = { source: source.trim(), target: target.trim(), ...more }
    const reason = reasonAgainst(pair)
    if (reason) leftOut.add(reason, pair)
    else passed.push(pair)
  }
  const wrong = full ? wrongLanguage(passed) : []
  const kept = passed.filter((pair, i) => {
    if (wrong[i]) leftOut.add('language', pair)
    return !wrong[i]
  })
  return { pairs: kept, report: { read: pairs.length, kept: kept.length, leftOut: leftOut.report() } }
}

function countWords(text: string): number {
  return text.split(/\s+/u).length
}
