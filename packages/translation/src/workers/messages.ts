import type { LoadOptions } from '../load-options.js'
import type { SourceLine, TranslateOptions } from '../search/translate-options.js'

/** How a worker's translator is loaded. */
export interface WorkerSetup {
  readonly folder: string
  readonly options: LoadOptions
}

/** Lines to translate. */
export interface WorkerTask {
  readonly lines: readonly SourceLine[]
  readonly options: TranslateOptions
}
