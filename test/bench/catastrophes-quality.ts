/**
 * Fits the quality estimate on the validation sources, as translated greedily by a model, and reports on the test sources:
 * correlation with sentence chrF, calibration, and warnings by chrF.
 */
import { parseArgs } from 'node:util'
import { chrf, spearman } from '@parlance/metrics'
import { checkTranslation, Translator, type Warning } from '@parlance/translation'
import { meanProbability } from '../../packages/translation/src/quality/estimate.js'
import { lengthDeviation } from '../../packages/translation/src/quality/length.js'
import { fitLogistic } from './catastrophes/logistic.js'
import { tatoebaPairs } from './catastrophes/pairs.js'

const { values } = parseArgs({
  options: {
    model: { type: 'string' },
    target: { type: 'string', default: 'de' },
    threads: { type: 'string', default: '1' },
    limit: { type: 'string', default: '10000' },
  },
})
if (values.model === undefined) {
  console.error(
    'catastrophes-quality --model DIR [--target de|fr] [--threads N] [--limit SOURCES]: name a folder of a model from English.',
  )
  process.exit(2)
}

interface Judged {
  readonly chrf: number
  readonly quality: number
  readonly warnings: readonly Warning[]
  readonly probability: number
  readonly shortness: number
}

const translator = await Translator.load(values.model, { threads: Number(values.threads) })
const valid = await judge('valid')
const shares = valid.map((each) => each.chrf)
const rounded = (weights: readonly number[]): string => weights.map((weight) => weight.toFixed(2)).join(', ')
const byProbability = fitLogistic(valid.map(({ probability, shortness }) => [probability, shortness]), shares)
const byLength = fitLogistic(valid.map(({ shortness }) => [shortness]), shares)
console.log(`fitted: bias, probability, shortness: ${rounded(byProbability)}`)
console.log(`fitted without probabilities: bias, shortness: ${rounded(byLength)}`)
report('valid', valid)
report('test', await judge('test'))

async function judge(split: 'valid' | 'test'): Promise<Judged[]> {
  const references = new Map<string, string[]>()
  for (const [source, target] of tatoebaPairs(values.target, split)) {
    references.set(source, [...(references.get(source) ?? []), target])
  }
  const spread = Math.max(1, Math.ceil(references.size / Number(values.limit)))
  const chosen = [...references].filter((_, i) => i % spread === 0)
  const translations = await (translator as Translator).translate(chosen.map(([source]) => source), { beamSize: 1 })
  return chosen.map(([source, targets], i) => {
    const { text: target, hypotheses: [best] } = translations[i] as (typeof translations)[number]
    const pair = { source, target, sourceLanguage: 'en', targetLanguage: values.target }
    const tokenLogProbs = best?.tokenLogProbs ?? []
    const { quality, warnings } = checkTranslation({ ...pair, tokenLogProbs })
    const shortness = Math.min(0, lengthDeviation(source, target, 'en', values.target))
    const probability = meanProbability(tokenLogProbs)
    return { chrf: chrf([target], [targets]).score / 100, quality, warnings, probability, shortness }
  })
}

function report(split: string, judged: readonly Judged[]): void {
  const correlation = spearman(judged.map(({ quality }) => quality), judged.map((each) => each.chrf))
  console.log(`${split}: ${judged.length} sentences; Spearman's rank correlation with chrF ${correlation.toFixed(3)}`)
  for (let low = 0; low < 1; low += 0.2) {
    const group = judged.filter(({ quality }) => quality >= low && quality < low + 0.2)
    if (group.length === 0) continue
    const [estimated, reached] = [mean(group.map(({ quality }) => quality)), mean(group.map((each) => each.chrf))]
    console.log(`  estimate ${band(low)}: ${group.length} sentences, mean estimate ${estimated}, mean chrF ${reached}`)
  }
  for (let low = 0; low < 1; low += 0.2) {
    const group = judged.filter((each) => each.chrf >= low && (each.chrf < low + 0.2 || low > 0.7))
    const kinds: Record<string, number> = {}
    for (const { kind } of group.flatMap(({ warnings }) => warnings)) kinds[kind] = (kinds[kind] ?? 0) + 1
    const warned = group.filter(({ warnings }) => warnings.length > 0).length
    const share = ((100 * warned) / group.length).toFixed(1)
    console.log(`  chrF ${band(low)}: ${group.length} sentences, warned ${share}%: ${JSON.stringify(kinds)}`)
  }
}

function band(low: number): string {
  return `${low.toFixed(1)} to ${(low + 0.2).toFixed(1)}`
}

function mean(values: readonly number[]): string {
  return (values.reduce((sum, value) => sum + value, 0) / values.length).toFixed(2)
}
