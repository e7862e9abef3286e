/**
 * Little data: a translator of 20,000 pairs, and one of these and the target sides of all other training pairs, whose
 * sources a model of the reverse direction made up (Sennrich et al. 2016): greedily, as such a weak model's samples say
 * too little of their originals (Edunov et al. 2018, section 5.2). The model of all goes on from that of the few, for
 * `--augmented-minutes` (twice the others'): it has seven times the sentences to learn, while the few are learned by
 * heart before their time is over, and the best evaluation is what counts of each.
 */
import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { readPairs } from '@parlance/translation'
import { makePairs, printTable, readExperiment, shuffled, trainModel, translateTest, writePairs } from './experiment.js'

const experiment = readExperiment('back-translation', ['pairs', 'method', 'upsample', 'augmented-minutes'])
const { data, output, minutes, options } = experiment
const { pairs: count = '20000', method = 'greedy', upsample = '3' } = options
const valid = ['--valid', path.join(data, 'valid.tsv')]

const all = readPairs([path.join(data, 'train.tsv')])
const order = shuffled(all)
const few = order.slice(0, Number(count))
const known = new Set(few.map(({ target }) => target))
const rest = [...new Set(order.slice(Number(count)).map(({ target }) => target))].filter((target) => !known.has(target))
const train = writePairs(path.join(output, 'few.tsv'), few)
const mono = path.join(output, 'mono.txt')
writeFileSync(mono, rest.map((target) => `${target}\n`).join(''))

const common = { batchTokens: 1024, warmupSteps: 500, learningRate: 0.0015, schedule: 'linear', averageDecay: 0.999, evaluateEvery: 1000, evaluateSentences: 300 }
const little = { ...common, vocabSize: 3000, encoderLayers: 3, decoderLayers: 2, feedForwardWidth: 512, dropout: 0.2 }
const reverse = trainModel(experiment, 'reverse', { ...little, directions: 'backward' }, ['--data', train, ...valid])
const synthetic = makePairs(experiment, 'back-translate', 'synthetic.tsv', ['--model', reverse, '--input', mono, '--method', method, '--tag'])
const baseline = trainModel(experiment, 'baseline', little, ['--data', train, ...valid])
const augmented = trainModel(
  { ...experiment, minutes: Number(options['augmented-minutes'] ?? 2 * minutes) },
  'augmented',
  { ...little, dropout: 0.1, upsample: Number(upsample) },
  ['--data', train, '--synthetic', synthetic, ...valid, '--init', baseline],
)
printTable(experiment, [
  await translateTest(experiment, `${few.length} pairs`, baseline),
  await translateTest(experiment, `and ${rest.length} back-translated`, augmented),
])
