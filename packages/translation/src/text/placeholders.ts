import type { Range } from './sentences.js'

/** What a program or a browser reads, not a person: in running text it stays as it is. */
const PLACEHOLDERS = [
  // Addresses: the full stop or bracket that ends a sentence is not theirs.
  /(?:https?|ftp|file):\/\/[^\s<>"'“”«»]*[^\s<>"'“”«».,;:!?)\]}]|\bwww\.[^\s<>"'“”«»]*[^\s<>"'“”«».,;:!?)\]}]/giu,
  /(?:mailto:)?[\w.+-]+@[\w-]+(?:\.[\w-]+)+/gu,
  // Names of packages, and of people on a platform.
  /(?<![\w@])@[a-z\d][\w-]*(?:\/[\w.-]*\w)?/giu,
  // {{name}}, ${name}, #{name}, {name}, {0}, {count, plural, ...} with braces inside braces.
  /[$#%]?\{(?:[^{}\n]|\{(?:[^{}\n]|\{[^{}\n]*\})*\})*\}/gu,
  // printf: %s, %1$s, %(name)s, %.2f, %-5d, %@; a percentage such as "5 % d" is none.
  /(?<![\d%])%(?:\d+\$|\(\w+\))?[-+0#]*\d*(?:\.\d+)?(?:hh?|ll?|[jzt])?[sdiuoxXfFeEgGcp@](?![\p{L}\p{N}])/gu,
  // Shell variables and numbered tags of message catalogues.
  /\$[A-Za-z_]\w*/gu,
  /<\/?\d+\s*\/?>/gu,
]

/** The placeholders and addresses in a text, disjoint and in order. */
export function findPlaceholders(text: string): Range[] {
  const found = PLACEHOLDERS.flatMap((pattern) =>
    [...text.matchAll(pattern)].map(({ 0: match, index }) => ({ start: index, end: index + match.length })),
  ).sort((a, b) => a.start - b.start || b.end - a.end)
  const kept: Range[] = []
  for (const range of found) if (range.start >= (kept.at(-1)?.end ?? 0)) kept.push(range)
  return kept
}
