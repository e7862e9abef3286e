import { TokenizerError } from './tokenizer.js'
import type { PreTokenizerJson } from './tokenizer-json.js'

/**
 * How text is cut into the words that merges never cross: as GPT-2 does; `digits` the same with every digit a word of its
 * own, so that numbers are spelled alike however rare; or as cl100k_base (GPT-4) does.
 */
export type Pattern = (typeof PATTERNS)[number]

export const PATTERNS = ['gpt2', 'digits', 'cl100k'] as const

// Every character of a text belongs to exactly one match of either expression.
//
// `\s` means Unicode White_Space to the tokenizers of Hugging Face and tiktoken. JavaScript's `\s` has U+FEFF besides
// and lacks U+0085. Ignoring case, they take ſ (U+017F) for an s.
const regExps: Record<Pattern, RegExp> = {
  gpt2: /'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\p{White_Space}\p{L}\p{N}]+|\p{White_Space}+(?!\P{White_Space})|\p{White_Space}+/gu,
  digits: /'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}| ?[^\p{White_Space}\p{L}\p{N}]+|\p{White_Space}+(?!\P{White_Space})|\p{White_Space}+/gu,
  cl100k:
    /'(?:[sSſtTmMdD]|[rR][eE]|[vV][eE]|[lL][lL])|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\p{White_Space}\p{L}\p{N}]+[\r\n]*|\p{White_Space}*[\r\n]+|\p{White_Space}+(?!\P{White_Space})|\p{White_Space}+/gu,
}

/** The same expressions as tokenizer.json spells them. */
const spellings: Record<Pattern, string> = {
  gpt2: String.raw`'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`,
  digits: String.raw`'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`,
  cl100k: String.raw`(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`,
}

/**
 * Cuts a text into words and calls `onWord` for each, in order. Joined, the words are the text. Throws a
 * `TokenizerError` for a word of more than some four million characters, which the regular expression cannot match.
 */
export function forEachWord(text: string, pattern: Pattern, onWord: (word: string) => void): void {
  const regExp = regExps[pattern]
  let start = 0
  while (start < text.length) {
    const end = wordEnd(text, start, regExp)
    onWord(text.slice(start, end))
    start = end
  }
}

function wordEnd(text: string, start: number, regExp: RegExp): number {
  regExp.lastIndex = start
  try {
    regExp.test(text)
  } catch {
    throw new TokenizerError(
      `the text has millions of characters without the end of a word at index ${start}; break it into lines or sentences`,
    )
  }
  return regExp.lastIndex
}

/** The `pre_tokenizer` of tokenizer.json. */
export function preTokenizerJson(pattern: Pattern, addPrefixSpace: boolean): object {
  const byteLevel = { type: 'ByteLevel', add_prefix_space: addPrefixSpace, trim_offsets: true }
  if (pattern === 'gpt2') return { ...byteLevel, use_regex: true }
  const split = { type: 'Split', pattern: { Regex: spellings[pattern] }, behavior: 'Isolated', invert: false }
  return { type: 'Sequence', pretokenizers: [split, { ...byteLevel, use_regex: false }] }
}

/** Reads the `pre_tokenizer` of tokenizer.json. Throws a `TokenizerError` for one that is not supported. */
export function readPreTokenizer(json: PreTokenizerJson): { pattern: Pattern; addPrefixSpace: boolean } {
  if (json.type === 'ByteLevel') {
    if (!json.use_regex) throw new TokenizerError('pre_tokenizer.use_regex: must be true, got false')
    return { pattern: 'gpt2', addPrefixSpace: json.add_prefix_space }
  }
  const [split, byteLevel] = json.pretokenizers
  if (byteLevel.use_regex || byteLevel.add_prefix_space) {
    throw new TokenizerError(
      'pre_tokenizer.pretokenizers.1: use_regex and add_prefix_space must be false after a Split',
    )
  }
  const regex = split.pattern.Regex
  const pattern = (Object.keys(spellings) as Pattern[]).find((name) => spellings[name] === regex)
  if (pattern === undefined) {
    throw new TokenizerError(
      `pre_tokenizer.pretokenizers.0.pattern: only those of ${PATTERNS.join(', ')} are supported, got ${regex}`,
    )
  }
  return { pattern, addPrefixSpace: false }
}
