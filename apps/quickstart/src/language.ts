import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { generateEnglish } from '@parlance/corpora'
import { LanguageModel, tokenize, trainingSchema } from '@parlance/lm'
import { trainLanguageModel } from '@parlance/lm/training'
import { perplexity } from '@parlance/metrics'
import { useDevice } from '@parlance/runtime'
import { trainBpe } from '@parlance/tokenizer'
import { trainNgram } from '@parlance/ngram'
import { type Chapter, heading, line, number, table } from './print.js'

const ORDER = 5
const CONTEXT = 64

/** Tokens between scoring windows: every prediction but the first ones sees half the context at least. */
export const STRIDE = CONTEXT / 2

/** A tokenizer and a transformer language model against a 5-gram over the same tokens. */
export async function languageModel(folder: string, effort: number): Promise<Chapter> {
  heading('1  Text to perplexity: a language model')
  const files = { train: join(folder, 'data/train.txt'), valid: join(folder, 'data/valid.txt') }
  writeFileSync(files.train, generateEnglish({ seed: 1, sentences: Math.ceil(30_000 * effort) }))
  writeFileSync(files.valid, generateEnglish({ seed: 2, sentences: 1500 }))
  const [train, valid] = [readFileSync(files.train, 'utf8'), readFileSync(files.valid, 'utf8')]
  const tokenizer = await trainBpe([train], { vocabSize: 512 })
  const [corpus, validation] = [tokenize(train, tokenizer), tokenize(valid, tokenizer)]
  line(`generated English: ${number(corpus.bytes)} bytes to train on, ${number(validation.bytes)} held out`)
  line(`byte-level BPE of ${tokenizer.vocabSize} tokens: ${(validation.bytes / validation.tokens.length).toFixed(2)} bytes a token`)

  const model = 'language-model'
  const maxSteps = Math.ceil(1200 * effort)
  const training = trainingSchema.parse({
    layers: 2, heads: 4, width: 128, context: CONTEXT, batch: 16,
    learningRate: 4e-3, minLearningRate: 1e-4, warmupSteps: Math.ceil(maxSteps / 20), maxSteps, maxMinutes: 1.5,
    evaluateEvery: Math.ceil(maxSteps / 4), evaluationTokens: 8192, checkpointEvery: maxSteps,
  })
  await useDevice('cpu')
  const { seconds, step } = await trainLanguageModel({ folder: join(folder, model), training, tokenizer, corpus, validation })
  line(`transformer of ${training.layers} layers, width ${training.width}: ${step} steps in ${seconds.toFixed(0)} s`)

  const { tokens, bytes, words } = validation
  const ngram = trainNgram([corpus.tokens], { order: ORDER, vocabSize: tokenizer.vocabSize })
  // The transformer is given the first token, so it does not count for the n-gram either.
  const first = ngram.score(ngram.initial(), tokens[0] as number)
  const baseline = perplexity(ngram.scoreStream(tokens).nll + first, { tokens: tokens.length - 1, bytes, words })
  const lm = await LanguageModel.load(join(folder, model))
  const score = lm.score(validation, { stride: STRIDE })
  const rows = [baseline, score].map(({ bitsPerByte, perplexity, wordPerplexity }) =>
    [bitsPerByte?.toFixed(4), perplexity.toFixed(3), wordPerplexity?.toFixed(2)] as string[])
  const prompt = `${valid.split('\n', 1)[0]}\n`
  const sample = await lm.generate(prompt, { maxTokens: 120, temperature: 0.8, seed: 1 })
  lm.dispose()

  const text = [
    ...table([
      ['held-out text', 'bits per byte', 'perplexity', 'word perplexity'],
      [`${ORDER}-gram`, ...rows[0] as string[]],
      ['transformer', ...rows[1] as string[]],
    ]),
    `Denominators: ${bytes} bytes; ${tokens.length - 1} tokens (the first is given); ${words} words, one <eos> a line.`,
    `The ${ORDER}-gram is modified Kneser-Ney over the same tokens; the transformer sees ${score.context} tokens at most, stride ${score.stride}.`,
    verdict(baseline.bitsPerByte as number, score.bitsPerByte as number),
    '',
    'A sample at temperature 0.8, its first line given:',
    ...(prompt + sample).split('\n').map((row) => `  | ${row}`),
  ]
  for (const row of text) line(row)
  return { title: 'Text to perplexity: a language model', text: text.join('\n'), model }
}

function verdict(baseline: number, model: number): string {
  const share = Math.abs(100 * (1 - model / baseline)).toFixed(1)
  return model < baseline ? `The transformer needs ${share}% fewer bits.` : `The transformer needs ${share}% more bits: it was stopped too early.`
}
