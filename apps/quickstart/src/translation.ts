import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { generateParallel } from '@parlance/corpora'
import { useDevice } from '@parlance/runtime'
import { evaluateTranslator, trainingConfigSchema, Translator } from '@parlance/translation'
import { trainTranslator } from '@parlance/translation/training'
import { type Chapter, heading, line, number } from './print.js'

const HELD_OUT = 200
const SHOWN = 3

/** A transformer that learns to translate into an invented language whose rules the pairs follow. */
export async function translation(folder: string, effort: number): Promise<Chapter> {
  heading('2  Sentence to translation: a translator')
  const count = Math.ceil(6000 * effort)
  // One draw for all parts: no source sentence occurs twice.
  const pairs = generateParallel({ seed: 1, pairs: count + 2 * HELD_OUT })
  const test = pairs.slice(-HELD_OUT)
  const write = (name: string, part: typeof pairs) => {
    const file = join(folder, 'data', name)
    writeFileSync(file, part.map(({ source, target }) => `${source}\t${target}\n`).join(''))
    return file
  }
  write('test.tsv', test)
  const files = { train: [write('train.tsv', pairs.slice(0, count))], valid: [write('valid.tsv', pairs.slice(count, -HELD_OUT))] }
  line(`${number(count)} pairs of English and an invented language: verb-final, three genders, postpositions`)

  const model = 'translator'
  const maxSteps = Math.ceil(400 * effort)
  const config = trainingConfigSchema.parse({
    vocabSize: 512, width: 96, heads: 4, encoderLayers: 2, decoderLayers: 2, feedForwardWidth: 384, dropout: 0.05,
    learningRate: 3e-3, warmupSteps: Math.ceil(maxSteps / 6), batchTokens: 1500, batchShapes: 3,
    maxSteps, maxMinutes: 1, evaluateEvery: maxSteps, evaluateSentences: 20, checkpointEvery: maxSteps,
  })
  await useDevice('cpu')
  const { seconds, step } = await trainTranslator({ files, output: join(folder, model), config })
  line(`transformer of 2 + 2 layers, width ${config.width}: ${step} steps in ${seconds.toFixed(0)} s`)

  const translator = await Translator.load(join(folder, model))
  const { bleu, translations } = await evaluateTranslator(translator, test)
  translator.dispose()
  const exact = test.filter(({ target }, i) => target === translations[i]).length
  const text = [
    `BLEU ${bleu.score.toFixed(1)} on ${HELD_OUT} sentences that it has not seen, beam size 4; ${exact} of them word for word.`,
    `Signature: ${bleu.signature}`,
    ...test.slice(0, SHOWN).flatMap(({ source, target }, i) => ['', `source       ${source}`, `reference    ${target}`, `translation  ${translations[i]}`]),
  ]
  for (const row of text) line(row)
  return { title: 'Sentence to translation: a translator', text: text.join('\n'), model }
}
