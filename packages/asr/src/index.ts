export { type ConfigField, trainingConfigFields } from './config-fields.js'
export {
  parseTrainingConfig, readModelConfig,
  type AugmentationConfig, type EncoderConfig, type ModelConfig, type TrainingConfig, type TrainingOptions,
} from './config.js'
export { BLANK, BLANK_TOKEN, greedyTokens } from './ctc-greedy.js'
export { evaluate, type EvaluateOptions, type EvaluationResult } from './evaluate.js'
export { readManifest, type Utterance } from './manifest.js'
export { type SpeechInput, Transcriber, type TranscribeOptions, type Transcript } from './transcriber.js'
