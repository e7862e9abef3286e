export {
  findLearningRate, type LearningRateFinderOptions, type LearningRateRange, type RatePoint,
} from './learning-rate-finder.js'
export { overfitOneBatch, type OverfitOptions, type OverfitResult } from './overfit-one-batch.js'
