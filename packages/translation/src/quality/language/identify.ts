import { TRIGRAMS } from './trigram-table.js'
import { trigrams } from './trigrams.js'

export interface LanguageScores {
  /** Trigrams that were looked at. */
  readonly trigrams: number
  /** Sum of log₂-probabilities of the text's trigrams in each known language, in bits; at most 0. */
  readonly bits: ReadonlyMap<string, number>
}

/**
 * Scores a text under character-trigram models of the languages in `trigram-table.ts` (Cavnar and Trenkle 1994, "N-gram-based
 * text categorization", with probabilities instead of ranks).
 *
 * The models know everyday sentences of a few languages. They tell these apart in a handful of words; of another language
 * they can only say that it is like none of them.
 */
export function scoreLanguages(text: string): LanguageScores {
  const found = trigrams(text)
  const bits = new Map<string, number>()
  for (const [language, model] of models()) {
    let sum = 0
    for (const trigram of found) sum += model.get(trigram) ?? UNSEEN_BITS
    bits.set(language, sum)
  }
  return { trigrams: found.length, bits }
}

/** The most probable of the known languages, when it is ahead of the others by `margin` bits. */
export function identifyLanguage(text: string, margin = 6): string | undefined {
  const { bits } = scoreLanguages(text)
  const [best, next] = [...bits].sort((a, b) => b[1] - a[1])
  return best && next && best[1] - next[1] >= margin ? best[0] : undefined
}

/** What a trigram that a table does not list costs: about half as probable as the rarest listed. */
const UNSEEN_BITS = -18

let read: Map<string, Map<string, number>> | undefined

function models(): Map<string, Map<string, number>> {
  if (read) return read
  read = new Map()
  for (const [language, levels] of Object.entries(TRIGRAMS)) {
    const model = new Map<string, number>()
    for (const [bits, listed] of Object.entries(levels)) {
      for (let i = 0; i < listed.length; i += 3) model.set(listed.slice(i, i + 3), -Number(bits))
    }
    read.set(language, model)
  }
  return read
}
