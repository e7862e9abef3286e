/**
 * Little data beside much of another language: 10,000 English–German pairs alone, and beside all English–French ones.
 * With `--init` the latter begins as a model that was trained on the English–French pairs.
 */
import path from 'node:path'
import { readPairs } from '@parlance/translation'
import { printTable, readExperiment, shuffled, trainModel, translateTest, writePairs } from './experiment.js'

const experiment = readExperiment('multilingual', ['beside', 'pairs', 'temperature', 'init'])
const { data, output, options } = experiment
const { beside, pairs: count = '10000', temperature = '3', init } = options
if (beside === undefined) {
  console.error('--beside names the folder of the English–French pairs.')
  process.exit(2)
}
const few = shuffled(readPairs([path.join(data, 'train.tsv')])).slice(0, Number(count))
const train = writePairs(path.join(output, 'few.tsv'), few)
const valid = path.join(data, 'valid.tsv')

const common = { batchTokens: 2048, warmupSteps: 500, schedule: 'linear', averageDecay: 0.999, evaluateEvery: 1000, evaluateSentences: 200 }
const bilingual = trainModel(
  experiment,
  'bilingual',
  { ...common, vocabSize: 3000, encoderLayers: 4, decoderLayers: 2, feedForwardWidth: 512, dropout: 0.3, learningRate: 0.0015 },
  ['--data', train, '--valid', valid],
)
const multilingual = trainModel(
  experiment,
  'multilingual',
  { ...common, vocabSize: 8000, dropout: 0.15, learningRate: 0.002, samplingTemperature: Number(temperature) },
  ['--data', `en-de=${train}`, `en-fr=${path.join(beside, 'train.tsv')}`, '--valid', `en-de=${valid}`, ...(init === undefined ? [] : ['--init', init])],
)
printTable(experiment, [
  await translateTest(experiment, `${few.length} pairs alone`, bilingual),
  await translateTest(experiment, 'beside English–French', multilingual, 'de'),
])
