import { textTokens } from '../text-tokens.js'
import { english } from './english.js'
import { french } from './french.js'
import { german } from './german.js'
import type { NegationLanguage, Negations } from './negation.js'

export interface NegationDifference {
  readonly change: 'lost' | 'added'
  /** The negators of the side that has more, as written. */
  readonly negators: readonly string[]
}

const LANGUAGES: Readonly<Record<string, NegationLanguage>> = { en: english, de: german, fr: french }

/**
 * Whether a sentence denies more, or less, often than its translation. A negator ("not", "kein", "ne … pas") wants a negator
 * or a word that denies by its meaning ("without", "unmöglich", "j'ignore") on the other side; question tags and
 * expressions like "not only" are left out. Nothing is said about a language that has no table.
 *
 * What each negator denies is not looked at.
 */
export function compareNegation(
  source: string,
  target: string,
  sourceLanguage?: string,
  targetLanguage?: string,
): NegationDifference | undefined {
  const [from, to] = [LANGUAGES[sourceLanguage ?? ''], LANGUAGES[targetLanguage ?? '']]
  if (!from || !to) return undefined
  const asked = findNegations(source, from)
  const given = findNegations(target, to)
  // Words that deny by their meaning on both sides are taken to be each other's counterparts.
  const surplus = given.deniers - asked.deniers
  if (asked.negators.length > given.negators.length + Math.max(0, surplus)) return { change: 'lost', negators: asked.negators }
  if (given.negators.length > asked.negators.length + Math.max(0, -surplus)) return { change: 'added', negators: given.negators }
  return undefined
}

function findNegations(text: string, language: NegationLanguage): Negations {
  const tokens = ` ${textTokens(text).join(' ')} `.replace(language.tags, ' ')
  const denying = tokens.replace(language.idioms, ' ~ ')
  const negators = denying.match(language.negators) ?? []
  // What an idiom holds counts as denying by its meaning: the other language may say it with a negator.
  const idioms = denying.split('~').length - tokens.split('~').length
  const deniers = (denying.replace(language.negators, ' ').match(language.deniers) ?? []).length + idioms
  return { negators, deniers }
}
