import { checkTranslation, type WarningKind } from '@parlance/translation'
import { Random } from '@parlance/corpora'
import type { Pair } from './pairs.js'
import { PLANTS, type PlantContext } from './plants.js'

/** The warnings that name a planted catastrophe for what it is. */
const RIGHT: Readonly<Record<string, readonly WarningKind[]>> = {
  'number changed': ['number-changed'],
  'negation lost': ['negation-lost'],
  'negation added': ['negation-added'],
  'repetition loop': ['repetition'],
  'source copied': ['source-copied', 'wrong-language'],
  'source mostly copied': ['source-copied', 'wrong-language'],
  'third language': ['wrong-language'],
  'source language': ['wrong-language', 'source-copied'],
  empty: ['empty'],
  'cut off': ['too-short'],
  'far too long': ['too-long'],
}

export interface Recall {
  readonly plant: string
  readonly planted: number
  /** How many got a warning that names the kind. */
  readonly named: number
  /** How many got any warning. */
  readonly warned: number
  /** Those that got no warning that names the kind. */
  readonly missed: readonly Pair[]
}

export interface FalseAlarms {
  readonly sentences: number
  readonly warned: number
  readonly byKind: Readonly<Record<string, number>>
  readonly examples: readonly { readonly pair: Pair; readonly messages: readonly string[] }[]
}

/** Plants up to `count` catastrophes of every kind in `pairs` and counts those that are noticed. */
export function measureRecall(pairs: readonly Pair[], context: Omit<PlantContext, 'random'>, count: number, seed: number): Recall[] {
  return Object.entries(PLANTS).map(([plant, make], i) => {
    const random = new Random(seed + i)
    const missed: Pair[] = []
    let [planted, named, warned] = [0, 0, 0]
    for (const pair of shuffled(pairs, random)) {
      const target = planted < count ? make(pair, { ...context, random }) : undefined
      if (target === undefined || target === pair[1]) continue
      planted++
      const { warnings } = checkTranslation({ source: pair[0], target, sourceLanguage: 'en', targetLanguage: context.language })
      if (warnings.length > 0) warned++
      if (warnings.some(({ kind }) => RIGHT[plant]?.includes(kind))) named++
      else missed.push([pair[0], target])
    }
    return { plant, planted, named, warned, missed }
  })
}

export function measureFalseAlarms(pairs: readonly Pair[], language: string): FalseAlarms {
  const byKind: Record<string, number> = {}
  const examples: FalseAlarms['examples'][number][] = []
  for (const pair of pairs) {
    const { warnings } = checkTranslation({ source: pair[0], target: pair[1], sourceLanguage: 'en', targetLanguage: language })
    for (const { kind } of warnings) byKind[kind] = (byKind[kind] ?? 0) + 1
    if (warnings.length > 0) examples.push({ pair, messages: warnings.map(({ message }) => message) })
  }
  return { sentences: pairs.length, warned: examples.length, byKind, examples }
}

/** Fisher and Yates's shuffle, into a new array. */
function shuffled<T>(items: readonly T[], random: Random): T[] {
  const order = [...items]
  for (let i = order.length - 1; i > 0; i--) {
    const j = random.integer(i + 1)
    ;[order[i], order[j]] = [order[j] as T, order[i] as T]
  }
  return order
}
