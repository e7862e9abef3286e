import { english } from './english.js'
import { findQuantities } from './find-quantities.js'
import { french } from './french.js'
import { german } from './german.js'
import type { NumberLanguage, Quantity } from './quantity.js'

export interface NumberDifference {
  /** Numbers of the source that the target does not have, as written. */
  readonly missing: readonly string[]
  /** Numbers of the target that the source does not have, as written. */
  readonly extra: readonly string[]
}

const LANGUAGES: Readonly<Record<string, NumberLanguage>> = { en: english, de: german, fr: french }

/**
 * Compares the numbers of a sentence with those of its translation as multisets of values, whether written in digits or
 * in words. Words that may mean something else than a number (one, second, pair) satisfy their counterparts but need
 * none.
 *
 * In a language whose number words are not known only digits are compared, and only if both texts have some: a
 * number that is missing may have been written as a word.
 *
 * @returns undefined when nothing is amiss
 */
export function compareNumbers(
  source: string,
  target: string,
  sourceLanguage?: string,
  targetLanguage?: string,
): NumberDifference | undefined {
  const [from, to] = [LANGUAGES[sourceLanguage ?? ''], LANGUAGES[targetLanguage ?? '']]
  const asked = findQuantities(source, from)
  const given = findQuantities(target, to)
  if (asked.length === 0 && given.length === 0) return undefined
  const { left, right } = match(asked, given)
  const missing = left.filter(({ optional }) => !optional)
  const extra = right.filter(({ optional }) => !optional)
  if (missing.length === 0 && extra.length === 0) return undefined
  if ((!from || !to) && (missing.length === 0 || extra.length === 0)) return undefined
  return { missing: missing.map(({ text }) => text), extra: extra.map(({ text }) => text) }
}

/** Pairs quantities that agree, those that need a counterpart first. */
function match(asked: readonly Quantity[], given: readonly Quantity[]): { left: Quantity[]; right: Quantity[] } {
  const left = new Set(asked)
  const right = new Set(given)
  for (const [leftOptional, rightOptional] of [[false, false], [false, true], [true, false], [true, true]]) {
    for (const a of left) {
      if (a.optional !== leftOptional) continue
      for (const b of right) {
        if (b.optional !== rightOptional || !agree(a, b)) continue
        left.delete(a)
        right.delete(b)
        break
      }
    }
  }
  return { left: [...left], right: [...right] }
}

function agree(a: Quantity, b: Quantity): boolean {
  return a.readings.some((x) => b.readings.some((y) => equal(x, y) || (a.hour && b.hour && sameHour(x, y))))
}

function equal(x: number, y: number): boolean {
  return Math.abs(x - y) < 1e-6 * Math.max(1, Math.abs(x))
}

function sameHour(x: number, y: number): boolean {
  return Math.min(x, y) > 0 && Math.max(x, y) <= 24 && equal(Math.abs(x - y), 12)
}
