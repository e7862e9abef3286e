/** Planted catastrophes: recall of each kind, and false alarms on good translations. */
import { parseArgs } from 'node:util'
import { measureFalseAlarms, measureRecall } from './catastrophes/measure.js'
import { tatoebaPairs } from './catastrophes/pairs.js'

const { values } = parseArgs({
  options: {
    split: { type: 'string', default: 'valid' },
    count: { type: 'string', default: '500' },
    seed: { type: 'string', default: '1' },
    show: { type: 'string', default: '0' },
  },
})
const split = values.split === 'test' ? 'test' : values.split === 'train' ? 'train' : 'valid'
const percent = (part: number, whole: number): string => `${((100 * part) / whole).toFixed(1)}%`

for (const language of ['de', 'fr']) {
  const pairs = tatoebaPairs(language, split)
  const foreign = tatoebaPairs(language === 'de' ? 'fr' : 'de', split).map(([, target]) => target)
  console.log(`English to ${language}, Tatoeba ${split}, seed ${values.seed}`)
  const recalls = measureRecall(pairs, { language, pairs, foreign }, Number(values.count), Number(values.seed))
  for (const { plant, planted, named, warned, missed } of recalls) {
    const shares = `named ${percent(named, planted)}, any warning ${percent(warned, planted)}`
    console.log(`  ${plant.padEnd(22)} ${String(planted).padStart(4)} planted, ${shares}`)
    for (const pair of missed.slice(0, Number(values.show))) console.log(`      ${pair.join('  |  ')}`)
  }
  const alarms = measureFalseAlarms(pairs, language)
  const rate = percent(alarms.warned, alarms.sentences)
  console.log(`  false alarms ${rate} of ${alarms.sentences} human translations: ${JSON.stringify(alarms.byKind)}`)
  for (const { pair, messages } of alarms.examples.slice(0, 3 * Number(values.show))) {
    console.log(`      ${pair.join('  |  ')}  |  ${messages.join('; ')}`)
  }
}
