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
export { ctcBeam } from './search/ctc-beam.js'
export { Fusion, type FusionOptions } from './search/fusion.js'
export { PhraseAutomaton, type WeightedPhrase } from './search/phrase-automaton.js'
export { parsePhrases, readPhrases } from './search/phrase-file.js'
export type { BeamOptions, TransducerBeamOptions } from './search/options.js'
export type { SearchOptions } from './search/search.js'
export type { ScoredTokens, TimedTokens } from './search/timed-tokens.js'
export { transducerBeam } from './search/transducer-beam.js'
export { type GreedyOptions, transducerGreedy } from './search/transducer-greedy.js'
export { transducerLabelBeam } from './search/transducer-label-beam.js'
export type { TransducerModel } from './search/transducer-model.js'
export type { Word } from './timed-words.js'
export {
  type Alternative, type LoadOptions, type PartialTranscript, type SpeechInput, Transcriber, type TranscribeOptions, type Transcript,
  type TranscriptStream,
} from './transcriber.js'
