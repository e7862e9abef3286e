export { splitClauses } from './clauses.js'
export {
  detectMarkup,
  type MarkupFormat,
  type PlainSentence,
  type SentenceTranslation,
  translateMarkup,
  type TranslateSentences,
} from './markup-translation.js'
export { type Range, splitSentences } from './sentences.js'
export type { Link } from './word-links.js'
