export { trainingConfigSchema, type TrainingConfig } from './config.js'
export type { ModelConfig } from './model-config.js'
export { readPairs, type Pair } from './data/read-pairs.js'
export { cleanPairs, type CleaningOptions, type CleaningReport, type Reason } from './cleaning/clean-pairs.js'
export type { LoadOptions } from './load-options.js'
export { MAX_SOURCE_TOKENS, Translator, type Translation } from './translator.js'
export type { Hypothesis } from './search/search.js'
export {
  checkTranslateOptions,
  type SamplingOptions,
  type SourceLine,
  type StreamOptions,
  type TranslateOptions,
} from './search/translate-options.js'
export { formatAlignment, type WordLink } from './search/alignment.js'
export { evaluateTranslator, spread, type TranslationScore } from './evaluate.js'
export { checkTranslation, type CheckedTranslation, type TranslationCheck } from './quality/check-translation.js'
export type { Warning, WarningKind } from './quality/warnings.js'
export { translateCorpus, type CorpusResult, type TranslateCorpusOptions } from './synthetic/translate-corpus.js'
export { folderHash } from './synthetic/folder-hash.js'
