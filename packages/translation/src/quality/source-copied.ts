import { scoreLanguages } from './language/identify.js'
import { capitalised } from './names.js'
import { textTokens, wordsOf } from './text-tokens.js'

/** Share of the target's words that are the source's, from which it is a copy. */
const COPIED_SHARE = 0.5

/** Bits by which shared words must look more like the source's language than like the target's; one or two, and more. */
const FEW_BITS = 4
const COPIED_BITS = 1

/** A run of three words or more need make up less, if it must be of the source's language by more. */
const RUN_SHARE = 0.3
const RUN_BITS = 6

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
  const run = longestRun(wordsOf(textTokens(source)), given)
  const ofRun = run.length > 0 && share >= RUN_SHARE
  if (ofRun && looksForeign(run.join(' '), sourceLanguage, targetLanguage, RUN_BITS)) return share
  if (shared.length === 0 || share < COPIED_SHARE) return undefined
  if (shared.length >= 4 && share >= 0.75) return share
  const margin = shared.length < 3 ? FEW_BITS : COPIED_BITS
  return looksForeign([...new Set(shared)].join(' '), sourceLanguage, targetLanguage, margin) ? share : undefined
}

/** The longest stretch of the target whose every three words in a row are three in a row of the source; or none. */
function longestRun(source: readonly string[], target: readonly string[]): readonly string[] {
  const known = new Set(source.map((_, i) => source.slice(i, i + 3).join(' ')))
  let best: readonly string[] = []
  let start = 0
  for (let i = 0; i + 3 <= target.length; i++) {
    if (!known.has(target.slice(i, i + 3).join(' '))) start = i + 1
    else if (i + 3 - start > best.length) best = target.slice(start, i + 3)
  }
  return best
}

function looksForeign(words: string, sourceLanguage: string | undefined, targetLanguage: string | undefined, margin: number) {
  const { bits } = scoreLanguages(words)
  const [from, to] = [bits.get(sourceLanguage ?? ''), bits.get(targetLanguage ?? '')]
  return from === undefined || to === undefined ? words.split(' ').length >= 3 : from - to > margin
}

/**
 * Whether the target is the source, word by word, and more than names or initials; a single word must look foreign by
 * itself.
 */
function isCopy(
  source: string,
  target: string,
  names: ReadonlySet<string>,
  from: string | undefined,
  to: string | undefined,
): boolean {
  const [asked, given] = [wordsOf(textTokens(source)), wordsOf(textTokens(target))]
  if (asked.join(' ') !== given.join(' ')) return false
  const words = new Set(asked)
  if (source === source.toUpperCase()) return false
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
