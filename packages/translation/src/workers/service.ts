/** What a worker of a translator runs: a translator of its own. */
import { type Translation, Translator } from '../translator.js'
import type { WorkerTask, WorkerSetup } from './messages.js'

let translator: Translator

export async function open({ folder, options }: WorkerSetup): Promise<void> {
  translator = await Translator.load(folder, options)
}

let last: Promise<unknown> = Promise.resolve()

/** One task after the other, so that each is answered as early as can be. */
export function run({ lines, options }: WorkerTask): Promise<Translation[]> {
  const translations = last.then(() => translator.translate(lines, options))
  last = translations.catch(() => undefined)
  return translations
}
