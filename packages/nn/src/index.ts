export {
  loadParameters,
  Module,
  namedModules,
  namedParameters,
  parameter,
  parameterCount,
  type ParameterValues,
} from './module.js'
export { type Forward, inference, TrainingContext } from './forward.js'
export * as initializers from './initializers.js'
export type { Initializer } from './initializers.js'
export type { Activation, Gate } from './activations.js'
export { Linear, type LinearAdapter, type LinearOptions } from './layers/linear.js'
export { Embedding, type EmbeddingOptions } from './layers/embedding.js'
export { LayerNorm, type LayerNormOptions, RMSNorm, type RMSNormOptions } from './layers/normalization.js'
export { BatchNorm, type BatchNormOptions } from './layers/batch-norm.js'
export { GroupNorm, type GroupNormOptions } from './layers/group-norm.js'
export { WeightNormConv1d, WeightNormLinear } from './layers/weight-norm.js'
export { embeddingDropout, stochasticDepth, variationalDropout } from './layers/dropouts.js'
export { GatedFeedForward, type GatedFeedForwardOptions, glu } from './layers/gating.js'
export { maskedMax, maskedMean } from './layers/pooling.js'
export { causalMask, lengthMask, paddingMask } from './layers/masks.js'
export {
  type Attended,
  extendCache,
  type KeyValue,
  mergeHeads,
  MultiHeadAttention,
  type MultiHeadAttentionOptions,
  scaledDotProductAttention,
  splitHeads,
} from './layers/attention.js'
export {
  FeedForward,
  type FeedForwardOptions,
  type TransformerBlockOptions,
  TransformerDecoderBlock,
  TransformerEncoderBlock,
} from './layers/transformer.js'
export { Conv1d, type Conv1dOptions, Conv2d, type Conv2dOptions } from './layers/convolution.js'
export type { Padding, TimePadding } from './layers/padding.js'
export {
  DepthwiseConv1d,
  type DepthwiseConv1dOptions,
  DepthwiseConv2d,
  type DepthwiseConv2dOptions,
  SeparableConv1d,
  SeparableConv2d,
} from './layers/depthwise.js'
export type { RecurrentOptions } from './layers/recurrent.js'
export { RNN, type RNNOptions } from './layers/rnn.js'
export { GRU, type GRUOptions } from './layers/gru.js'
export { differentiableLoop, factorProduct, type DifferentiableLoop, type LoopStep } from './layers/differentiable-loop.js'
export { linearRecurrence } from './layers/linear-recurrence.js'
export { LSTM, type LSTMOptions, type LSTMState } from './layers/lstm.js'
export { sinusoidalPositions } from './layers/positions.js'
export { alibi, RelativePositionBias, type RelativePositionBiasOptions } from './layers/relative-positions.js'
export { RelativeAttention, type RelativeAttentionOptions } from './layers/relative-attention.js'
export { rotaryPositions, type RotaryLayout, type RotaryOptions, type Rotation } from './layers/rotary.js'
export * from './losses/index.js'
export * from './penalties.js'
export * from './calibration/index.js'
export { checkGradients, type GradientCheckOptions } from './gradient-check.js'
export { gradients, clipByGlobalNorm } from './training/gradients.js'
export * from './optimizers/index.js'
export * from './row-wise/index.js'
export * from './schedules/index.js'
export * from './averaging/index.js'
export * from './diagnostics/index.js'
export * from './search/index.js'
export * from './adapters/index.js'
export { LossScaling, type LossScalingOptions } from './training/loss-scaling.js'
export { trainingStep } from './training/training-step.js'
export type { StepNumbers, StepResult, TrainingStepOptions, TrainStep } from './training/training-step.js'
export { accumulatingStep, type AccumulatingStep, microBatches } from './training/accumulation.js'
export { train } from './training/train.js'
export type { ProgressStream } from './training/progress.js'
export { type Evaluation, type TrainOptions, type TrainResult, type WeightFormat, weightFormats } from './training/train-options.js'
export { epochBatches, type EpochBatch } from './training/batches.js'
export { chooseLengths, geometricLengths, groupByLength, padRows, type PaddedShape } from './training/buckets.js'
export { readLog, type EvaluationEntry, type LogEntry, type StepEntry } from './training/training-log.js'
export { escapeHtml, renderReport, writeReport } from './training/report.js'
export type { ReportContent, ReportFigure, ReportPlot, ReportSection } from './training/report.js'
export { closestMatch, parseConfig } from './config.js'
export { readJson, readTextFile } from './files.js'
export { UsageError } from './errors.js'
export { runCommandLine } from './command-line.js'
