import { createRequire } from 'node:module'
import { dirname } from 'node:path'
import { UsageError } from '@parlance/nn/command-line'

const require = createRequire(import.meta.url)
const resolveDefault = (): string => require.resolve('@parlance/transcribe-digits/package.json')

/** The folder of the model that is used when none is named. Throws UsageError when it is not installed. */
export function defaultModel(resolve = resolveDefault): string {
  try {
    return dirname(resolve())
  } catch {
    throw new UsageError(
      'There is no model: name a model folder with --model DIR (the default one, @parlance/transcribe-digits, is not installed).',
    )
  }
}
