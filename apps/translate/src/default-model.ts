import { createRequire } from 'node:module'
import { dirname } from 'node:path'
import { UsageError } from '@parlance/nn/command-line'

const DEFAULT_MODEL = '@parlance/translate-en-de'

/** The folder of the model that is used when none is named. Throws UsageError when it is not installed. */
export function defaultModel(): string {
  return packageFolder(DEFAULT_MODEL)
}

/** The folder of a model that is an installed package. Throws UsageError when it is not. */
export function packageFolder(name: string): string {
  try {
    return dirname(createRequire(import.meta.url).resolve(`${name}/package.json`))
  } catch {
    throw new UsageError(`There is no model: name a model folder with --model DIR (the default one, ${name}, is not installed).`)
  }
}
