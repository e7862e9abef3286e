import { scoreLanguages } from './language/identify.js'
import { capitalised } from './names.js'
import { textTokens, wordsOf } from './text-tokens.js'

/** Share of the target's words that are the source's, from which it is a copy. */
const COPIED_SHARE = 0.5

/** Bits by which one or two shared words must look more like the source's language than like the target's. */
const COPIED_BITS = 1

/** The same of a sentence of one word. */
const SINGLE_BITS = 6

/**
 * The share of the target's words that were taken over from the source, if it is so large that nothing was translated.
 * Words that are capitalised in both texts, names for the most part, and numbers do not count. Of few shared words, which
 * may be at home in both languages ("Hand", "Restaurant", "OK"), it must be plain that they are of the source's.
 *
 * A single word that was copied is noticed only if it could not be one of the target's language.
 */
export function findCopiedSource(
  source: string,
  target: string,
  sourceLanguage: string | undefined,
  targetLanguage: string | undefined,
): number | undefined {
  if (sourceLanguage !== undefined && sourceLanguage === targetLanguage) return undefined
  const names = sharedNames(source, target)
  if (isCopy(source, target, names, sourceLanguage, targetLanguage)) return 1
  const asked = count(wordsOf(textTokens(source)))
  const given = wordsOf(textTokens(target)).filter((word) => !names.has(word))
  const shared: string[] = []
  for (const word of given) {
    const left = asked.get(word) ?? 0
    if (left === 0) continue
    asked.set(word, left - 1)
    shared.push(word)
  }
  const share = shared.length / given.length
  if (shared.length === 0 || share < COPIED_SHARE) return undefined
  if (shared.length >= 4 && share >= 0.75) return share
  return looksForeign([...new Set(shared)].join(' '), sourceLanguage, targetLanguage, COPIED_BITS) ? share : undefined
}

function looksForeign(words: string, sourceLanguage: string | undefined, targetLanguage: string | undefined, margin: number): boolean {
  const { bits } = scoreLanguages(words)
  const [from, to] = [bits.get(sourceLanguage ?? ''), bits.get(targetLanguage ?? '')]
  return from === undefined || to === undefined ? words.split(' ').length >= 3 : from - to > margin
}

/** Whether the target is the source, word by word, and more than names; a single word must look foreign by itself. */
function isCopy(source: string, target: string, names: ReadonlySet<string>, from: string | undefined, to: string | undefined): boolean {
  const [asked, given] = [wordsOf(textTokens(source)), wordsOf(textTokens(target))]
  if (asked.join(' ') !== given.join(' ')) return false
  const words = new Set(asked)
  return words.size >= 2 ? names.size < words.size : looksForeign([...words].join(' '), from, to, SINGLE_BITS)
}

/** Words that begin with a capital in both texts; the first word of a sentence may be a name too. */
function sharedNames(source: string, target: string): Set<string> {
  const asked = capitalised(source)
  return new Set([...capitalised(target)].filter((word) => asked.has(word)).map((word) => word.toLowerCase()))
}

function count(words: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>()
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1)
  return counts
}
