/**
 * `npm run corpora` lists the recipes; `npm run --silent corpora -- NAME…` prepares some and prints where their files are;
 * `npm run --silent corpora -- librispeech FOLDER OUTPUT` makes a manifest and WAV files of a part of LibriSpeech.
 */
import { SingleBar } from 'cli-progress'
import { writeLibrispeech } from './librispeech.js'
import { isAtHand, prepare } from './prepare.js'
import { recipes } from './recipes.js'

const names = process.argv.slice(2)

async function librispeech(from: string | undefined, output: string | undefined): Promise<string> {
  if (from === undefined || output === undefined) throw new Error('usage: npm run --silent corpora -- librispeech FOLDER OUTPUT')
  const bar = process.stderr.isTTY ? new SingleBar({ format: '{bar} {value} of {total} recordings | {eta_formatted} left', clearOnComplete: true }) : undefined
  bar?.start(1, 0)
  try {
    return await writeLibrispeech(from, output, (count, total) => {
      bar?.setTotal(total)
      bar?.update(count)
    })
  } finally {
    bar?.stop()
  }
}

if (names.length === 0) {
  const entries = recipes.map(({ name, description, licence, url }) => `${name}${isAtHand(name) ? '' : ' (not at hand)'}\n  ${description}\n  ${licence}; ${url}`)
  console.log(entries.join('\n'))
}
try {
  if (names[0] === 'librispeech') console.log(await librispeech(names[1], names[2]))
  else for (const name of names) for (const file of Object.values(await prepare(name))) console.log(file)
} catch (error) {
  console.error(`corpora: ${(error as Error).message}`)
  process.exitCode = 1
}
