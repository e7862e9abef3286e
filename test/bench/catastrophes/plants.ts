/** Good translations turned into catastrophes of one kind each. */
import type { Random } from '@parlance/corpora'
import { addNegation, loseNegation } from './negation-plants.js'
import { changeNumber } from './number-plants.js'
import type { Pair } from './pairs.js'

export interface PlantContext {
  /** The target's language: de or fr. */
  readonly language: string
  /** Pairs to take other sentences from. */
  readonly pairs: readonly Pair[]
  /** Sentences of a third language. */
  readonly foreign: readonly string[]
  readonly random: Random
}

/** Makes the target catastrophic; undefined where this kind cannot be planted. */
type Plant = (pair: Pair, context: PlantContext) => string | undefined

export const PLANTS: Readonly<Record<string, Plant>> = {
  'number changed': ([, target], { language, random }) => changeNumber(target, language, random),
  'negation lost': ([source, target], { language }) =>
    /\b(?:not|never|nothing|nobody|no)\b|n['’]t\b/i.test(source) ? loseNegation(target, language) : undefined,
  'negation added': ([, target], { language, random }) => addNegation(target, language, random),
  'repetition loop': loop,
  'source copied': ([source]) => (source.split(' ').length >= 2 ? source : undefined),
  'source mostly copied': mostlyCopied,
  'third language': ([, target], { foreign, random }) => pickLike(target, foreign, random),
  'source language': ([source, target], { pairs, random }) => {
    const other = pickLike(target, pairs.map(([each]) => each), random)
    return other === source ? undefined : other
  },
  empty: (_, { random }) => ['', ' ', '.', '…'][random.integer(4)],
  'cut off': cutOff,
  'far too long': (pair, { pairs, random }) => {
    const others = Array.from({ length: 2 + random.integer(4) }, () => (pairs[random.integer(pairs.length)] as Pair)[1])
    return [pair[1], ...others].join(' ')
  },
}

/** A phrase of one to five words said three to eight times, at the end or within. */
function loop([, target]: Pair, { random }: PlantContext): string | undefined {
  const words = target.split(' ')
  if (words.length < 3) return undefined
  const length = 1 + random.integer(Math.min(5, words.length - 1))
  const start = random.integer(words.length - length + 1)
  const phrase = words.slice(start, start + length)
  const looped = Array.from({ length: 3 + random.integer(6) }, () => phrase).flat()
  const rest = random.uniform() < 0.5 ? [] : words.slice(start + length)
  return [...words.slice(0, start), ...looped, ...rest].join(' ')
}

/** The source with its last quarter, or less, from the target. */
function mostlyCopied([source, target]: Pair, { random }: PlantContext): string | undefined {
  const [from, to] = [source.split(' '), target.split(' ')]
  if (from.length < 4) return undefined
  const kept = Math.ceil(from.length * (0.75 + 0.2 * random.uniform()))
  return [...from.slice(0, kept), ...to.slice(kept - from.length || to.length)].join(' ')
}

/** The first tenth to two fifths of a sentence of six words or more, one word at least. */
function cutOff([, target]: Pair, { random }: PlantContext): string | undefined {
  const words = target.split(' ')
  if (words.length < 6) return undefined
  return words.slice(0, Math.max(1, Math.floor(words.length * (0.1 + 0.3 * random.uniform())))).join(' ')
}

/** A sentence about as long as `text`. */
function pickLike(text: string, from: readonly string[], random: Random): string | undefined {
  for (let i = 0; i < 200; i++) {
    const found = from[random.integer(from.length)] as string
    if (Math.abs(Math.log(found.length / text.length)) < 0.3) return found
  }
  return undefined
}
