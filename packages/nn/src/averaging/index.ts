export { averageCheckpoints } from './average-checkpoints.js'
export { ExponentialAverage, type ExponentialAverageOptions } from './exponential-average.js'
export { type AveragingTrigger, nonMonotonic, RunningAverage, type RunningAverageOptions } from './running-average.js'
export { WeightAverage } from './weight-average.js'
