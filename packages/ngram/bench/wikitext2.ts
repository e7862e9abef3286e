import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { gunzipSync } from 'node:zlib'
import { trainWordNgram } from '../src/words.js'

// Word-level n-gram models of WikiText-2: training time, memory, perplexity of the validation text.
// Run: npx tsx --conditions=@parlance/source packages/ngram/bench/wikitext2.ts [order…]

const corpora = process.env.PARLANCE_CORPORA
const folder = corpora === undefined ? undefined : join(corpora, 'wikitext-2')
if (folder === undefined || !existsSync(folder)) {
  console.error('set PARLANCE_CORPORA to a folder that holds wikitext-2/train.txt.gz and valid.txt.gz')
  process.exit(1)
}
const read = (file: string) => gunzipSync(readFileSync(join(folder, file))).toString('utf8')
const orders = process.argv.length > 2 ? process.argv.slice(2).map(Number) : [5]

for (const order of orders) {
  const text = read('train.txt.gz')
  const started = performance.now()
  const { model, vocabulary } = trainWordNgram(text, { order })
  const trained = performance.now()
  const valid = vocabulary.encode(read('valid.txt.gz'))
  const scoring = performance.now()
  const { nll, tokens } = model.scoreStream(valid)
  const scored = performance.now()
  console.log(JSON.stringify({
    order,
    vocabulary: vocabulary.size,
    ngrams: model.levels.map((level) => level.words.length),
    validTokens: tokens,
    validPerplexity: Number(Math.exp(nll / tokens).toFixed(2)),
    trainSeconds: Number(((trained - started) / 1000).toFixed(2)),
    scoreSeconds: Number(((scored - scoring) / 1000).toFixed(2)),
    peakMegabytes: Math.round(process.resourceUsage().maxRSS / 1024),
  }))
}
