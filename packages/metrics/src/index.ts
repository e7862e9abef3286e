export {
  type Bleu,
  bleu,
  type BleuCounts,
  bleuCounts,
  type BleuOptions,
  type BleuScoreOptions,
  scoreBleu,
  sumBleuCounts,
} from './bleu.js'
export type { BleuTokenizer } from './bleu-tokenize.js'
export { bootstrap, type BootstrapOptions, type ConfidenceInterval } from './bootstrap.js'
export { type Chrf, chrf, type ChrfOptions } from './chrf.js'
export { countBytes, countCharacters, countWords, countWordsWithEos } from './counts.js'
export { align, type AlignmentStep, countEdits, type EditCounts } from './edit-distance.js'
export { MetricError } from './error.js'
export { cer, type ErrorRate, type ErrorRateOptions, type Normalization, normalizedWords, wer } from './error-rate.js'
export { type Perplexity, perplexity, type PerplexityCounts } from './perplexity.js'
export type { References } from './references.js'
