/**
 * Greedy translation of the same lines with the same float32 weights, by our own search and by `@huggingface/transformers`
 * with the model exported for it: text in, text out.
 *
 *     npm run bench -- translate --model DIR --data FILE [--sentences N] [--cores N] [--rounds N] [--batch N]…
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { useDevice } from '@parlance/runtime'
import { exportForTransformers } from '@parlance/translation/training'
import { line, readSettings, type Result, takeTurns } from './translation/take-turns.js'

const settings = readSettings()
const folder = mkdtempSync(join(tmpdir(), 'translate-'))
const exported = join(folder, 'model')

try {
  await useDevice('cpu')
  exportForTransformers(settings.model, exported)
  for (const batchSize of settings.batchSizes) {
    const contenders = [
      { name: 'ours', engine: 'parlance' as const, folder: resolve(settings.model), workers: settings.cores },
      { name: 'transformers.js', engine: 'transformers.js' as const, folder: exported, threads: settings.cores },
      ...(settings.cores > 1 ? [{ name: 'transformers.js, 1 thread', engine: 'transformers.js' as const, folder: exported, threads: 1 }] : []),
    ]
    const [ours, ...theirs] = (await takeTurns(contenders, settings, { batchSize, beamSize: 1 })) as [Result, ...Result[]]
    const different = ours.answer.tokens.filter((tokens, i) => theirs.some(({ answer }) => tokens.join() !== answer.tokens[i]?.join())).length
    if (different > 0) throw new Error(`${different} of ${settings.pairs.length} translations differ in batches of ${batchSize}, so that the times do not compare.`)
    console.log(`${settings.pairs.length} sentences, equal translations, batches of ${batchSize}, ${settings.cores} cores, medians of ${settings.rounds} rounds:`)
    for (const result of [ours, ...theirs]) console.log(`${line(result)}  ours × ${(ours.tokensPerSecond / result.tokensPerSecond).toFixed(2)}`)
  }
} finally {
  rmSync(folder, { recursive: true })
}
