/** Translates the same lines greedily, again and again: a model folder by our own search, or an exported one by transformers.js. */
import { basename, dirname } from 'node:path'
import { AutoModelForSeq2SeqLM, AutoTokenizer, env } from '@huggingface/transformers'
import { Translator } from '@parlance/translation'
import { serve } from './serve.js'

export interface Setup {
  engine: 'parlance' | 'transformers.js'
  folder: string
  /** Of an operator; default each engine's. */
  threads?: number
  /** Processes side by side, of ours. */
  workers?: number
  lines: readonly string[]
}

export interface Question {
  batchSize: number
  beamSize: number
}

export interface Answer {
  milliseconds: number
  /** Of each line, without the end token. */
  tokens: number[][]
  texts: string[]
}

const END = 2

await serve<Setup, Question>(async ({ lines, ...setup }) => {
  const translate = await (setup.engine === 'parlance' ? ours : theirs)(setup)
  const answer = async (question: Question): Promise<Answer> => {
    const started = performance.now()
    const { tokens, texts } = await translate(lines, question)
    return { milliseconds: performance.now() - started, tokens, texts }
  }
  return { ready: true, answer }
})

type Engine = Omit<Setup, 'lines'>

type Translate = (lines: readonly string[], question: Question) => Promise<Pick<Answer, 'tokens' | 'texts'>>

async function ours({ folder, threads, workers }: Engine): Promise<Translate> {
  const options = { ...(threads !== undefined && { threads }), ...(workers !== undefined && { workers }) }
  const translator = await Translator.load(folder, options)
  return async (lines, options) => {
    const found = await translator.translate(lines, options)
    return { tokens: found.map(({ hypotheses: [best] }) => [...(best?.tokens ?? [])]), texts: found.map(({ text }) => text) }
  }
}

/** In batches of lines of similar lengths, which pads least, each generated as far as our own search would go at most. */
async function theirs({ folder, threads }: Engine): Promise<Translate> {
  env.allowRemoteModels = false
  env.localModelPath = dirname(folder)
  const tokenizer = await AutoTokenizer.from_pretrained(basename(folder))
  const model = await AutoModelForSeq2SeqLM.from_pretrained(basename(folder), {
    dtype: 'fp32',
    ...(threads !== undefined && { session_options: { intraOpNumThreads: threads } }),
  })
  return async (lines, { batchSize }) => {
    const lengths = lines.map((line) => tokenizer.encode(line).length)
    const order = [...lines.keys()].sort((a, b) => (lengths[a] as number) - (lengths[b] as number))
    const [tokens, texts] = [new Array<number[]>(lines.length), new Array<string>(lines.length)]
    for (let start = 0; start < order.length; start += batchSize) {
      const batch = order.slice(start, start + batchSize)
      const most = (place: number): number => 2 * (lengths[place] as number) + 10
      const inputs = tokenizer(batch.map((place) => lines[place] as string), { padding: true })
      const output = await model.generate({ ...inputs, max_new_tokens: Math.max(...batch.map(most)) })
      const rows = (output as unknown as { tolist(): bigint[][] }).tolist()
      for (const [i, place] of batch.entries()) {
        const said = (rows[i] as bigint[]).slice(1, 1 + most(place)).map(Number)
        const end = said.indexOf(END)
        tokens[place] = end < 0 ? said : said.slice(0, end)
        texts[place] = tokenizer.decode(tokens[place], { skip_special_tokens: true }).trim()
      }
    }
    return { tokens, texts }
  }
}
