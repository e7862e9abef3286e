/**
 * A translator in int8, with shortlists or without, beside the float32 that it was made from.
 *
 *     npm run bench -- translate-int8 --model DIR --data FILE [--shortlist TRAIN.tsv] [--beam-size N] [--sentences N] …
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { bleu } from '@parlance/metrics'
import { useDevice } from '@parlance/runtime'
import { readPairs } from '@parlance/translation'
import { learnShortlist, quantizeTranslator } from '@parlance/translation/training'
import { line, readSettings, type Result, takeTurns } from './translation/take-turns.js'

const { further, ...settings } = readSettings(['shortlist', 'beam-size'])
const beamSize = Number(further['beam-size'] ?? 1)
const folder = mkdtempSync(join(tmpdir(), 'translate-'))
const [whole, shortlisted] = [join(folder, 'int8'), join(folder, 'shortlist')]

try {
  await useDevice('cpu')
  quantizeTranslator({ model: settings.model, output: whole, to: 'int8' })
  if (further.shortlist !== undefined) {
    const shortlist = await learnShortlist(settings.model, readPairs([further.shortlist]))
    quantizeTranslator({ model: settings.model, output: shortlisted, to: 'int8', shortlist })
  }
  const folders = { float32: resolve(settings.model), int8: whole, ...(further.shortlist !== undefined && { 'int8 with shortlists': shortlisted }) }
  const contenders = Object.entries(folders).map(([name, folder]) => ({ name, engine: 'parlance' as const, folder, workers: settings.cores }))
  for (const batchSize of settings.batchSizes) {
    const results = await takeTurns(contenders, settings, { batchSize, beamSize })
    const [float32] = results as [Result]
    console.log(`${settings.pairs.length} sentences, beam ${beamSize}, batches of ${batchSize}, ${settings.cores} cores, medians of ${settings.rounds} rounds:`)
    for (const result of results) {
      const { score } = bleu(result.answer.texts, settings.pairs.map(({ target }) => target))
      console.log(`${line(result)}  × ${(result.tokensPerSecond / float32.tokensPerSecond).toFixed(2)}  BLEU ${score.toFixed(2)}`)
    }
  }
} finally {
  rmSync(folder, { recursive: true })
}
