export { type ConfigField, trainingConfigFields } from './config-fields.js'
export {
  parseTrainingConfig, readModelConfig,
  type AttentionConfig, type AugmentationConfig, type EncoderConfig, type ModelConfig, type TrainingConfig, type TrainingOptions,
  type TransducerConfig,
} from './config.js'
export { BLANK, BLANK_TOKEN } from './tokens/blank.js'
export {
  evaluate, type AlignedWord, type Confusion, type EvaluatedUtterance, type EvaluateOptions, type EvaluationResult, type Timing,
} from './evaluation/evaluate.js'
export { FAMILIARITY_FILE, writeFamiliarity, type Familiarity } from './transcript/familiarity.js'
export { readManifest, type Utterance } from './manifest.js'
export type { FrameSearch } from './search/frame-search.js'
export { ctcBeam } from './search/ctc-beam.js'
export { type AlignedUtterance, alignManifest } from './modular/align-manifest.js'
export { type LexiconOptions } from './modular/lexicon-search.js'
export { parseLexicon, type Pronunciation, readLexicon } from './modular/lexicon.js'
export { SpelledWords, type SpelledWordsOptions } from './modular/spelled-words.js'
export type { WordLanguageModel } from './search/word-language-model.js'
export { Fusion, type FusionOptions } from './search/fusion.js'
export { PhraseAutomaton, type WeightedPhrase } from './search/phrase-automaton.js'
export { parsePhrases, readPhrases } from './search/phrase-file.js'
export type { BeamOptions, TransducerBeamOptions } from './search/options.js'
export type { SearchOptions } from './search/search.js'
export type { ScoredTokens, TimedTokens } from './search/timed-tokens.js'
export { tdtBeam } from './search/tdt-beam.js'
export { transducerBeam } from './search/transducer-beam.js'
export { type GreedyOptions, transducerGreedy } from './search/transducer-greedy.js'
export { transducerLabelBeam } from './search/transducer-label-beam.js'
export type { TransducerModel } from './search/transducer-model.js'
export type { Word } from './transcript/timed-words.js'
export { openSpeech, type SpeechInput, type SpeechSource } from './speech/speech.js'
export { type LoadOptions, type StreamOptions, Transcriber, type TranscribeOptions, type TranscriptStream } from './transcriber.js'
export type { Alternative, PartialTranscript, Transcript } from './transcript/transcript.js'
