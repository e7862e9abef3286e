/**
 * Time of a step of the search by each architecture at its default size, untrained: one hypothesis of one sentence, and
 * four of each of 32, reordered at every step.
 *
 *     npm run bench -- translation/decoder-steps [threads]
 */
import { Random, useDevice } from '@parlance/runtime'
import { GraphSession } from '@parlance/runtime/session'
import { trainingConfigSchema } from '../src/config.js'
import { GraphTranslationModel } from '../src/graph-model.js'
import { inferenceGraphs } from '../src/inference-graphs.js'
import { modelConfig } from '../src/model-config.js'
import { createModel } from '../src/models/create-model.js'
import { architectures } from './settings/architectures.js'

const [threads = '1'] = process.argv.slice(2)
const VOCABULARY = 8000
const SOURCE = 24
const STEPS = 24
const ROUNDS = 5

await useDevice('cpu', { threads: Number(threads) })
const random = new Random(1)
const tokens = (count: number) => Int32Array.from({ length: count }, () => 4 + random.integer(VOCABULARY - 4))

/** Milliseconds a step, and those of the encoder. */
function search(model: GraphTranslationModel, sentences: number, beam: number): { step: number; encoder: number } {
  const sources = Array.from({ length: sentences }, () => tokens(SOURCE))
  const start = performance.now()
  let state = model.start(sources)
  const encoded = performance.now()
  let rows = Int32Array.from(sources, (_, i) => i)
  for (let t = 0; t < STEPS; t++) {
    state = model.step(state, tokens(rows.length), rows, beam).state
    const perSentence = t === 0 ? 1 : beam
    rows = Int32Array.from({ length: sentences * beam }, (_, i) => Math.floor(i / beam) * perSentence + (perSentence === 1 ? 0 : random.integer(beam)))
  }
  return { step: (performance.now() - encoded) / STEPS, encoder: encoded - start }
}

const runs = Object.entries(architectures).map(([name, fields]) => {
  const model = createModel(modelConfig(trainingConfigSchema.parse(fields), VOCABULARY))
  const graphs = inferenceGraphs(model)
  const [encoder, decoder] = [graphs.encoder, graphs.decoder].map((graph) =>
    GraphSession.load(graph.toOnnx('embedded'), { threads: Number(threads) }),
  ) as [GraphSession, GraphSession]
  model.dispose()
  const searched = new GraphTranslationModel(encoder, decoder, { vocabSize: VOCABULARY })
  search(searched, 1, 1)
  return { name, model: searched, one: [] as number[], encoder: [] as number[], many: [] as number[] }
})
for (let round = 0; round < ROUNDS; round++) {
  for (const { model, one, encoder, many } of runs) {
    const single = search(model, 1, 1)
    one.push(single.step)
    encoder.push(single.encoder)
    many.push(search(model, 32, 4).step)
  }
}
const median = (times: number[]) => (times.sort((a, b) => a - b)[Math.floor(times.length / 2)] as number).toFixed(2).padStart(7)
console.log(`ms, ${SOURCE} source tokens, ${STEPS} steps, vocabulary ${VOCABULARY}, ${threads} thread(s), median of ${ROUNDS} interleaved`)
console.log(`${''.padEnd(14)} encoder, 1  step, 1 row  step, 32 × 4 rows`)
for (const { name, one, encoder, many } of runs) console.log(`${name.padEnd(14)} ${median(encoder)}     ${median(one)}     ${median(many)}`)
