/** Parting text; `markup-index.ts` is what else is here, and comes with parsers. */
export { splitClauses } from './clauses.js'
export { type Range, splitSentences } from './sentences.js'
