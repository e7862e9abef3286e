import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readFile, rename, rm } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import type { Recipe } from './recipe.js'
import { recipes } from './recipes.js'

/** Where prepared corpora are kept: `PARLANCE_CACHE`, or `~/.cache/parlance`. */
export function cacheFolder(): string {
  return process.env['PARLANCE_CACHE'] || join(homedir(), '.cache', 'parlance')
}

/**
 * Makes a corpus ready as plain files in the cache folder, once; later calls only look there.
 *
 * Raw files are read from `<PARLANCE_CORPORA>/<name>` and checked against the recipe's checksums. The corpus appears in
 * the cache whole or not at all, also when several processes prepare it at a time.
 *
 * @param name of a recipe, or a recipe of one's own
 * @returns the path of each of the recipe's outputs
 * @throws Error when there is no such recipe, the corpus is not at hand, or a checksum differs
 */
export async function prepare(name: string | Recipe): Promise<Record<string, string>> {
  const recipe = typeof name === 'string' ? recipeNamed(name) : name
  const folder = join(cacheFolder(), `${recipe.name}-${fingerprint(recipe)}`)
  const outputs = Object.fromEntries(recipe.outputs.map((output) => [output, join(folder, output)]))
  const isReady = () => Object.values(outputs).every((path) => existsSync(path))
  if (isReady()) return outputs

  const source = sourceFolder(recipe)
  await mkdir(cacheFolder(), { recursive: true })
  const work = await mkdtemp(`${folder}.`)
  try {
    await recipe.prepare((file) => readChecked(recipe, source, file), work)
    for (const [file, wanted] of Object.entries(recipe.upstream ?? {})) {
      check(`prepared ${recipe.name}/${file}`, await readFile(join(work, file)), wanted, recipe)
    }
    try {
      await rename(work, folder)
    } catch (error) {
      // Another process was faster; what it made is the same.
      if (!isReady()) throw error
    }
  } finally {
    await rm(work, { recursive: true, force: true })
  }
  return outputs
}

/** True when `prepare` can succeed: the corpus is in the cache or all its raw files are there. */
export function isAtHand(name: string): boolean {
  const recipe = recipeNamed(name)
  const folder = join(cacheFolder(), `${recipe.name}-${fingerprint(recipe)}`)
  if (recipe.outputs.every((output) => existsSync(join(folder, output)))) return true
  const root = process.env['PARLANCE_CORPORA']
  return Boolean(root) && Object.keys(recipe.files).every((file) => existsSync(join(root!, recipe.name, file)))
}

function recipeNamed(name: string): Recipe {
  const recipe = recipes.find((candidate) => candidate.name === name)
  if (!recipe) throw new Error(`no corpus recipe "${name}"; there are: ${recipes.map((each) => each.name).join(', ')}`)
  return recipe
}

function sourceFolder(recipe: Recipe): string {
  const root = process.env['PARLANCE_CORPORA']
  const advice = `the corpus comes from ${recipe.url}`
  if (!root) {
    throw new Error(`corpus "${recipe.name}" is not at hand: set PARLANCE_CORPORA to the folder that holds `
      + `${recipe.name}/${Object.keys(recipe.files)[0]}; ${advice}`)
  }
  const folder = join(root, recipe.name)
  const missing = Object.keys(recipe.files).find((file) => !existsSync(join(folder, file)))
  if (missing) {
    throw new Error(`corpus "${recipe.name}" is not at hand: PARLANCE_CORPORA is ${root}, which has no ${recipe.name}/${missing}; ${advice}`)
  }
  return folder
}

async function readChecked(recipe: Recipe, folder: string, file: string): Promise<Uint8Array> {
  const wanted = recipe.files[file]
  if (!wanted) throw new Error(`recipe "${recipe.name}" reads ${file}, which it gives no checksum for; add it to its files`)
  const data = await readFile(join(folder, file))
  check(join(folder, file), data, wanted, recipe)
  return data
}

function check(what: string, data: Uint8Array, wanted: string, recipe: Recipe): void {
  const got = createHash('sha256').update(data).digest('hex')
  if (got !== wanted) {
    throw new Error(`${what}: SHA-256 is ${got}, the recipe expects ${wanted}; the file is damaged or another version, `
      + `get it again from ${recipe.url}`)
  }
}

/** Changes whenever the raw files or the way they are prepared do. */
function fingerprint(recipe: Recipe): string {
  const entries = Object.entries(recipe.files).sort(([a], [b]) => (a < b ? -1 : 1))
  return createHash('sha256').update(JSON.stringify([recipe.version, entries])).digest('hex').slice(0, 12)
}
