export {
  type Bleu,
  bleu,
  type BleuCounts,
  bleuCounts,
  type BleuOptions,
  type BleuScoreOptions,
  bleuStatistics,
  scoreBleu,
  sumBleuCounts,
} from './bleu.js'
export type { BleuTokenizer, NamedTokenizer } from './bleu-tokenize.js'
export { type Chrf, chrf, type ChrfOptions, chrfStatistics } from './chrf.js'
export {
  type MeanAndDeviation,
  nodeClassification,
  type NodeClassification,
  type NodeClassificationOptions,
} from './classification/node-classification.js'
export { countBytes, countCharacters, countWords, countWordsWithEos } from './counts.js'
export { align, type AlignmentStep, countEdits, type EditCounts } from './edit-distance.js'
export {
  type AnalogyAccuracy,
  analogyAccuracy,
  type AnalogyCounts,
  type AnalogyOptions,
  type AnalogyQuestion,
  type AnalogySection,
  parseAnalogies,
} from './embeddings/analogy.js'
export {
  parseRatedPairs,
  type RatedPair,
  type SimilarityOptions,
  type WordSimilarity,
  wordSimilarity,
} from './embeddings/similarity.js'
export type { VectorTable } from './embeddings/vectors.js'
export { MetricError } from './error.js'
export {
  cer,
  type ErrorRate,
  type ErrorRateOptions,
  errorStatistics,
  type Normalization,
  normalizedWords,
  wer,
} from './error-rate.js'
export { type Perplexity, perplexity, type PerplexityCounts } from './perplexity.js'
export { spearman } from './rank-correlation.js'
export {
  type LinkPrediction,
  linkPrediction,
  type LinkRanks,
  type RankingMetrics,
  rankingMetrics,
  type Ranks,
} from './ranking/link-prediction.js'
export { type Placed, placeAnswer, realisticRank } from './ranking/rank.js'
export type { References } from './references.js'
export { bootstrap, type BootstrapOptions, type ConfidenceInterval } from './significance/bootstrap.js'
export {
  approximateRandomization,
  type PairedBootstrap,
  pairedBootstrap,
  type Randomization,
  type RandomizationOptions,
  scoreInterval,
} from './significance/paired.js'
export { corpusScore, type CorpusStatistics } from './statistics.js'
export { type Ter, ter, terStatistics } from './ter/ter.js'
export type { TerOptions } from './ter/tokenize.js'
export { QUALITY_LEVELS, type QualityLevel, type Rating, type ScoringItem } from './scoring-sheet/levels.js'
export { scoringSheet } from './scoring-sheet/page.js'
export { type LevelShare, parseRatings, type RatingsSummary, summarizeRatings } from './scoring-sheet/ratings.js'
export { readSheetKey, type SheetKey } from './scoring-sheet/sheet-id.js'
