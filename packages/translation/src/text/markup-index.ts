export {
  detectMarkup,
  type MarkupFormat,
  type MarkupOptions,
  type PlainSentence,
  type SentenceTranslation,
  translateMarkup,
  type TranslateSentences,
} from './markup-translation.js'
export type { Range } from './sentences.js'
export type { Link } from './word-links.js'
