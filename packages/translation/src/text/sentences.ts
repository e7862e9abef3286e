import { AFTER_ORDINAL, afterStop } from './abbreviations.js'

/** A part of a text, from `start` to before `end`, in UTF-16 units. */
export interface Range {
  readonly start: number
  readonly end: number
}

// The rules of Unicode (UAX 29) are the same for the languages that we handle; what differs is repaired below.
const segmenter = new Intl.Segmenter('en', { granularity: 'sentence' })

/**
 * The sentences of a text without the white space around them. What lies between two of them is white space only, so
 * that translations can be joined exactly as the sentences were.
 *
 * Boundaries are those of Unicode (UAX 29), joined again after abbreviations, initials and ordinal numbers of English,
 * German and French, before lower case, and at closing quotation marks.
 */
export function splitSentences(text: string): Range[] {
  const sentences: { start: number; end: number }[] = []
  for (const { segment, index } of segmenter.segment(text)) {
    const start = index + (segment.length - segment.trimStart().length)
    const end = index + segment.trimEnd().length
    if (start >= end) continue
    const last = sentences.at(-1)
    if (!last) {
      sentences.push({ start, end })
      continue
    }
    const gap = text.slice(last.end, start)
    const closing = /^[»”’"')\]}]+(?=\s|$)/u.exec(text.slice(start, end))
    if (/[\n\u2028\u2029]/u.test(gap)) sentences.push({ start, end })
    else if (goesOn(text.slice(last.start, last.end), text.slice(start, end))) last.end = end
    else if (closing) {
      // A French closing mark stands after a space: it belongs to what it closes.
      last.end = start + closing[0].length
      const rest = text.slice(last.end, end)
      const from = end - rest.trimStart().length
      if (from < end) sentences.push({ start: from, end })
    } else sentences.push({ start, end })
  }
  return sentences
}

/** Whether `next` is no sentence of its own but goes on with the one before. */
function goesOn(before: string, next: string): boolean {
  if (/^\p{Ll}/u.test(next)) return true
  if (/^[\p{P}\p{S}\s]*$/u.test(next) && !/\p{Extended_Pictographic}/u.test(next)) return true
  const ending = /([\p{L}\p{N}°.]+)\.$/u.exec(before)
  if (!ending) return false
  const word = ending[1] as string
  if (/^\d+$/u.test(word)) return ordinal(before.slice(0, ending.index), word, next)
  const kind = afterStop(word)
  if (kind === 'may end') return !/^[\p{P}]*\p{Lu}/u.test(next)
  // "No. 5", but "The answer is no. Then ...".
  if (kind === 'goes on') return word.toLowerCase() !== 'no' || /^\d/u.test(next)
  // The halves of "z. B.", pages, initials; the English pronoun ends many a sentence.
  return /^[diopsuvz]$/u.test(word) ? /^(?:\p{Lu}\.|\d)/u.test(next) : /^\p{Lu}$/u.test(word) && word !== 'I'
}

function ordinal(before: string, number: string, next: string): boolean {
  // The number of a list's item, alone at the beginning.
  if (before.trim() === '') return true
  if (number.length > 3) return false
  if (AFTER_ORDINAL.test(next)) return true
  return /(?:^|\s)(?:(?<!\bI )am|im|vom|zum|zur|beim|dem|den|der|das|ihrem?n?|seinem?n?)\s$/u.test(before) && /^\p{Lu}/u.test(next)
}
