/**
 * A small student alone, and the same taught: by a teacher's translations (sequence level), by its distributions (word
 * level), and by both (Kim and Rush 2016). `--teacher` names one that is trained; otherwise one is trained for
 * `--teacher-minutes`, by default three times those of a student. `--levels` (sequence,word,both) are those that are tried;
 * `--method` (beam) how the teacher translates.
 */
import path from 'node:path'
import { makePairs, printTable, readExperiment, trainModel, translateTest } from './experiment.js'

const experiment = readExperiment('distillation', ['teacher', 'teacher-minutes', 'levels', 'method'])
const { data, minutes, options } = experiment
const [train, valid] = ['train.tsv', 'valid.tsv'].map((name) => path.join(data, name)) as [string, string]
const common = { batchTokens: 2048, warmupSteps: 1000, schedule: 'linear', averageDecay: 0.999, evaluateEvery: 2000, evaluateSentences: 300 }
const large = { ...common, vocabSize: 8000, encoderLayers: 6, decoderLayers: 3, dropout: 0.2, learningRate: 0.002 }
const small = { ...common, encoderLayers: 3, decoderLayers: 1, width: 128, feedForwardWidth: 512, dropout: 0.1, learningRate: 0.003 }

const teacherMinutes = Number(options['teacher-minutes'] ?? 3 * minutes)
const teacher = options.teacher ?? trainModel({ ...experiment, minutes: teacherMinutes }, 'teacher', large, ['--data', train, '--valid', valid])
// All students have the teacher's vocabulary, so that teaching is all that differs.
const tokenizer = ['--tokenizer', path.join(teacher, 'tokenizer.json')]
const alone = trainModel(experiment, 'alone', small, ['--data', train, '--valid', valid, ...tokenizer])
const { levels = 'sequence,word,both', method = 'beam' } = options
const outcomes = [await translateTest(experiment, 'student alone', alone)]
for (const level of levels.split(',')) {
  const data = level === 'word' ? train : makePairs(experiment, 'distill', 'distilled.tsv', ['--model', teacher, '--input', train, '--method', method])
  // A teacher that is asked for its distributions brings its tokenizer.
  const taught = level === 'sequence' ? tokenizer : ['--teacher', teacher]
  const student = trainModel(experiment, level, small, ['--data', data, '--valid', valid, ...taught])
  outcomes.push(await translateTest(experiment, `taught: ${level}`, student))
}
printTable(experiment, [...outcomes, await translateTest(experiment, 'teacher', teacher)])
