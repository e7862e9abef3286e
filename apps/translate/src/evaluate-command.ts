import { UsageError } from '@parlance/nn/command-line'
import { evaluateTranslator, readPairs, spread } from '@parlance/translation'
import { loadTranslator, type SearchFlags } from './search-flags.js'

export interface EvaluateFlags extends SearchFlags {
  data: string[]
  limit?: number
  json?: true
}

/** Prints corpus BLEU in sacreBLEU's form. */
export async function evaluateCommand(flags: EvaluateFlags): Promise<void> {
  const { limit, json, data } = flags
  if (limit !== undefined && !(Number.isSafeInteger(limit) && limit >= 1)) {
    throw new UsageError(`--limit must be a whole number of 1 or more, got ${limit}.`)
  }
  const { translator, options } = await loadTranslator(flags)
  const pairs = spread(readPairs(data), limit)
  const started = performance.now()
  const { bleu } = await evaluateTranslator(translator, pairs, options)
  const seconds = (performance.now() - started) / 1000
  translator.dispose()
  const { score, precisions, brevityPenalty, hypothesisLength, referenceLength, signature } = bleu
  if (json) {
    const result = { bleu: score, signature, precisions, brevityPenalty, hypothesisLength, referenceLength }
    process.stdout.write(`${JSON.stringify({ ...result, sentences: pairs.length, seconds })}\n`)
    return
  }
  const orders = precisions.map((precision) => precision.toFixed(1)).join('/')
  const ratio = (hypothesisLength / referenceLength).toFixed(3)
  process.stdout.write(
    `BLEU|${signature} = ${score.toFixed(2)} ${orders} (BP = ${brevityPenalty.toFixed(3)} ratio = ${ratio} ` +
      `hyp_len = ${hypothesisLength} ref_len = ${referenceLength})\n` +
      `${pairs.length} sentences in ${seconds.toFixed(1)} s\n`,
  )
}
