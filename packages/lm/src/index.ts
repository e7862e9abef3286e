export { type LstmConfig, type ModelConfig, type TrainingConfig, trainingSchema, type TransformerConfig } from './config.js'
export { type GenerateOptions, LanguageModel, type LoadOptions, type TextScore } from './language-model.js'
export { tokenize, type TokenizedText, tokenizeFiles } from './text.js'
export type { ScoreOptions } from './text-score.js'
