export { type ConfigField, trainingConfigFields } from './config-fields.js'
export {
  parseTrainingConfig, readModelConfig,
  type AttentionConfig, type AugmentationConfig, type EncoderConfig, type ModelConfig, type TrainingConfig, type TrainingOptions,
  type TransducerConfig,
} from './config.js'
export { BLANK, BLANK_TOKEN } from './blank.js'
export { evaluate, type EvaluateOptions, type EvaluationResult } from './evaluate.js'
export { readManifest, type Utterance } from './manifest.js'
export type { FrameSearch } from './search/frame-search.js'
export type { TimedTokens } from './search/timed-tokens.js'
export { type GreedyOptions, transducerGreedy } from './search/transducer-greedy.js'
export type { TransducerModel } from './search/transducer-model.js'
export type { Word } from './timed-words.js'
export { type LoadOptions, type SpeechInput, Transcriber, type TranscribeOptions, type Transcript, type TranscriptStream } from './transcriber.js'
