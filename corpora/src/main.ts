/** `npm run corpora` lists the recipes; `npm run --silent corpora -- NAME…` prepares some and prints where their files are. */
import { isAtHand, prepare } from './prepare.js'
import { recipes } from './recipes.js'

const names = process.argv.slice(2)
if (names.length === 0) {
  const entries = recipes.map(({ name, description, licence, url }) => `${name}${isAtHand(name) ? '' : ' (not at hand)'}\n  ${description}\n  ${licence}; ${url}`)
  console.log(entries.join('\n'))
}
try {
  for (const name of names) for (const file of Object.values(await prepare(name))) console.log(file)
} catch (error) {
  console.error(`corpora: ${(error as Error).message}`)
  process.exitCode = 1
}
