export { trainingConfigSchema, type ModelConfig, type TrainingConfig } from './config.js'
export { cleanPairs, readPairs, type CleaningReport, type Pair } from './pairs.js'
export {
  checkTranslateOptions,
  MAX_SOURCE_TOKENS,
  Translator,
  type Hypothesis,
  type LoadOptions,
  type TranslateOptions,
  type Translation,
} from './translator.js'
export { evaluateTranslator, spread, type TranslationScore } from './evaluate.js'
