// Training time and encoding speed on a text file:
//   npx tsx --conditions=@parlance/source packages/tokenizer/bench/bench.ts FILE [VOCAB_SIZE...]
import { readFile } from 'node:fs/promises'
import { tokenizerFromJSON, trainBpe } from '@parlance/tokenizer'

const [path, ...sizes] = process.argv.slice(2)
if (path === undefined) throw new Error('usage: bench.ts FILE [VOCAB_SIZE...]')
const text = await readFile(path, 'utf8')
const megabytes = Buffer.byteLength(text) / 1e6

for (const vocabSize of sizes.length > 0 ? sizes.map(Number) : [4096, 16_384]) {
  const trainSeconds = await seconds(() => trainBpe([text], { vocabSize }))
  const tokenizer = await trainBpe([text], { vocabSize })
  const fresh = tokenizerFromJSON(tokenizer.toJSON())
  const coldSeconds = await seconds(() => fresh.encode(text))
  const encodeSeconds = await seconds(() => fresh.encode(text))
  const ids = fresh.encode(text)
  const decodeSeconds = await seconds(() => fresh.decode(ids))
  console.log(
    [
      `vocabulary ${vocabSize}`,
      `train ${trainSeconds.toFixed(2)} s`,
      `encode ${(megabytes / coldSeconds).toFixed(1)} MB/s cold, ${(megabytes / encodeSeconds).toFixed(1)} MB/s warm`,
      `decode ${(megabytes / decodeSeconds).toFixed(1)} MB/s`,
      `${((megabytes * 1e6) / ids.length).toFixed(3)} bytes per token`,
    ].join('   '),
  )
}

async function seconds(work: () => unknown): Promise<number> {
  const start = performance.now()
  await work()
  return (performance.now() - start) / 1000
}
