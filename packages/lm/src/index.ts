export { type LstmConfig, type ModelConfig, type TrainingConfig, trainingSchema, type TransformerConfig } from './config.js'
export { tokenize, type TokenizedText, tokenizeFiles } from './text.js'
