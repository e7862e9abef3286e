import { mkdirSync, rmSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { escapeHtml, writeReport } from '@parlance/nn'
import { languageModel, STRIDE } from './language.js'
import { type Chapter, heading, line } from './print.js'
import { speech } from './speech.js'
import { translation } from './translation.js'

/**
 * Trains and tries a language model, a translator and a recogniser on generated data, prints what they do and leaves
 * their model folders, the data and `report.html` in `folder`, which is emptied first.
 *
 * @param effort scales data and training steps; 1 takes about three minutes on two cores
 */
export async function quickstart(folder: string, effort = 1): Promise<void> {
  const startedAt = performance.now()
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(join(folder, 'data'), { recursive: true })
  const cores = availableParallelism()
  console.log(`Three small models, trained here and now on generated data, on the CPU with ${cores} ${cores === 1 ? 'core' : 'cores'}.`)
  const chapters: Chapter[] = []
  for (const chapter of [languageModel, translation, speech]) chapters.push(await chapter(folder, effort))

  const report = join(folder, 'report.html')
  const seconds = Math.round((performance.now() - startedAt) / 1000)
  writeReport(report, {
    title: 'Quickstart',
    config: { seconds, cores, node: process.version, platform: `${process.platform} ${process.arch}` },
    log: [],
    sections: chapters.map(({ title, text, model }) => ({
      title,
      html: `<pre>${escapeHtml(text)}</pre><p><a href="${model}/report.html">Learning curves and config</a></p>`,
    })),
  })
  heading(`All of it took ${seconds} s. The report is ${report}; the models are beside it. Try next:`)
  line('')
  for (const command of nextCommands(folder)) line(command)
  line('')
  line('and with your own data: npx parlance-perplexity train --help, the same for parlance-translate and parlance-transcribe.')
}

/** Commands that use the models of a quickstart in `folder`. */
export function nextCommands(folder: string): string[] {
  return [
    `npx parlance-perplexity --model ${folder}/language-model --corpus ${folder}/data/valid.txt --stride ${STRIDE}`,
    `echo "the old queen sees the red birds ." | npx parlance-translate --model ${folder}/translator`,
    `npx parlance-transcribe --model ${folder}/recogniser ${folder}/data/speech/test/00000.wav`,
  ]
}
