/** One table: transformers, an LSTM with attention and a convolutional model on the same data in the same time. */
import path from 'node:path'
import { printTable, readExperiment, trainModel, translateTest, type Outcome } from './experiment.js'

const experiment = readExperiment('architectures')
const [train, valid] = ['train.tsv', 'valid.tsv'].map((name) => path.join(experiment.data, name)) as [string, string]

// What all share; the rest are each architecture's defaults.
const common = { vocabSize: 8000, batchTokens: 2048, dropout: 0.15, schedule: 'linear', averageDecay: 0.999, evaluateEvery: 2000, evaluateSentences: 300 }
const models: Record<string, object> = {
  'transformer 6+2': { architecture: 'transformer', learningRate: 0.002, warmupSteps: 1000 },
  'transformer 6+2, SSRU': { architecture: 'transformer', decoder: 'ssru', learningRate: 0.002, warmupSteps: 1000 },
  'LSTM 2+2, attention': { architecture: 'lstm', learningRate: 0.001, warmupSteps: 500 },
  'convolutional 4+3': { architecture: 'convolutional', learningRate: 0.001, warmupSteps: 500 },
}

const outcomes: Outcome[] = []
for (const [name, config] of Object.entries(models)) {
  const folder = trainModel(experiment, name.replace(/\W+/g, '-'), { ...common, ...config }, ['--data', train, '--valid', valid])
  outcomes.push(await translateTest(experiment, name, folder))
}
printTable(experiment, outcomes)
