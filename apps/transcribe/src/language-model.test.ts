import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { BLANK_TOKEN } from '@parlance/asr'
import { LanguageModel } from '@parlance/lm'
import { loadNgram, saveNgram, trainNgram, trainWordNgram, writeArpa } from '@parlance/ngram'
import { CharTokenizer } from '@parlance/tokenizer'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { fusedModel, wordModel } from './language-model.js'

type Tokens = Parameters<typeof fusedModel>[1]

const TEXT = 'the cat sat\nthe dog sat on the cat\non the mat\n'
const characters = CharTokenizer.fromText(TEXT.replaceAll('\n', ''), { specialTokens: [BLANK_TOKEN] })
const { model: trigrams, vocabulary } = trainWordNgram(TEXT.repeat(3), { order: 3 })
let folder: string
const at = (name: string): string => join(folder, name)

/** Tokens that are words, the blank first. */
function words(list: readonly string[]): Tokens {
  const tokens = [BLANK_TOKEN, ...list]
  return {
    vocabSize: tokens.length,
    hash: '',
    encode: (text) => Int32Array.from(text.split(' '), (word) => tokens.indexOf(word)),
    decode: (ids) => Array.from(ids, (id) => tokens[id]).join(' '),
    tokenToId: (token) => tokens.indexOf(token),
    idToToken: (id) => tokens[id] as string,
    toJSON: () => ({ model: { type: 'WordLevel' } }),
  }
}

/** ln-probability of a text and its end. */
async function scored(file: string, tokenizer: Tokens, text: string): Promise<number> {
  const { languageModel, languageModelEnd } = await fusedModel(file, tokenizer, 1)
  if (!languageModel) throw new Error('there is no language model')
  let state = languageModel.initial()
  let sum = 0
  for (const token of tokenizer.encode(text)) {
    sum += languageModel.score(state, token)
    state = languageModel.advance(state, token)
  }
  return sum + (languageModelEnd?.(state) ?? 0)
}

/** The same by the word trigrams themselves, in the middle of a text of lines. */
function expected(text: string): number {
  const eos = vocabulary.id('<eos>')
  const ids = [...text.split(' ').map((word) => vocabulary.id(word)), eos]
  return ids.reduce((sum, id, i) => sum + trigrams.logProb([trigrams.bos, eos, ...ids.slice(0, i)], id), 0)
}

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'language-model-'))
  saveNgram(at('words.ngram'), { model: trigrams, words: vocabulary.words })
  writeArpa(at('words.arpa'), trigrams, vocabulary.words)
  const tokens = TEXT.trimEnd().split('\n').map((line) => characters.encode(line))
  const eos = characters.vocabSize
  saveNgram(at('characters.ngram'), { model: trainNgram(tokens, { order: 3, vocabSize: eos + 1, eos }) })
  writeFileSync(at('text.txt'), TEXT.repeat(20))
  const train = [
    'train', '--corpus', at('text.txt'), '--valid', at('text.txt'), '--output', at('neural'), '--tokenizer', 'char', '--model', 'lstm', '--layers', '1',
    '--width', '8', '--context', '8', '--batch', '2', '--max-steps', '2', '--warmup-steps', '1', '--threads', '1',
  ]
  const program = fileURLToPath(new URL('../../perplexity/src/main.ts', import.meta.url))
  const { status, stderr } = spawnSync(process.execPath, ['--conditions=@parlance/source', '--import', 'tsx', program, ...train], { encoding: 'utf8' })
  if (status !== 0) throw new Error(stderr)
})
afterAll(() => rmSync(folder, { recursive: true }))

describe('--lm', () => {
  it.each(['words.ngram', 'words.arpa'])('takes n-grams of words (%s) for recognisers of words and of characters', async (file) => {
    const own = words(['cat', 'dog', 'mat', 'on', 'sat', 'the'])
    for (const tokenizer of [own, characters]) {
      const score = await scored(at(file), tokenizer, 'the dog sat on the mat')
      expect(Math.abs(score - expected('the dog sat on the mat'))).toBeLessThan(1e-4)
    }
    // An unknown word, spelt.
    const unknown = await scored(at(file), characters, 'the tac')
    expect(Math.abs(unknown - (expected('the <unk>') - 3 * 3))).toBeLessThan(1e-4)
  })

  it("takes n-grams of the recogniser's own tokens", async () => {
    const { model } = loadNgram(at('characters.ngram'))
    const wanted = -model.scoreSentences([characters.encode('the cat')]).nll
    expect(Math.abs((await scored(at('characters.ngram'), characters, 'the cat')) - wanted)).toBeLessThan(1e-9)
  })

  it('takes a neural model for recognisers of its characters, of words and for a lexicon', async () => {
    const model = await LanguageModel.load(at('neural'), { threads: 1 })
    // Between the ends of two lines.
    const tokens = model.tokenizer.encode('\nthe cat\n')
    const { scorer } = model
    let state = scorer.advance(scorer.initial(), tokens[0] as number)
    let wanted = 0
    for (const token of tokens.subarray(1)) {
      wanted += scorer.score(state, token)
      state = scorer.advance(state, token)
    }
    for (const tokenizer of [characters, words(['cat', 'the'])]) {
      expect(Math.abs((await scored(at('neural'), tokenizer, 'the cat')) - wanted)).toBeLessThan(1e-4)
    }
    const asked = await wordModel(at('neural'), 1)
    const after = asked.advance(asked.initial(), 'the')
    const sum = asked.score(asked.initial(), 'the') + asked.score(after, 'cat') + asked.end(asked.advance(after, 'cat'))
    expect(Math.abs(sum - wanted)).toBeLessThan(1e-4)
    model.dispose()
  })

  it('refuses what does not fit, in one sentence', async () => {
    await expect(fusedModel(at('none'), characters, 1)).rejects.toThrow('none: there is no such file or folder.')
    await expect(fusedModel(at('words.ngram'), words(['ja', 'nein']), 1)).rejects.toThrow("its words have only 0 of the model's 2 tokens among them")
    await expect(fusedModel(at('characters.ngram'), words(['a']), 1)).rejects.toThrow('it counts')
    await expect(wordModel(at('characters.ngram'), 1)).rejects.toThrow('it counts tokens, a lexicon needs a model of words')
    const other = CharTokenizer.fromText('xyz the', { specialTokens: [BLANK_TOKEN] })
    await expect(fusedModel(at('neural'), other, 1)).rejects.toThrow(/it does not have the model's token "[xyz]"/u)
    writeFileSync(at('text'), 'hello\n')
    await expect(fusedModel(at('text'), characters, 1)).rejects.toThrow('not a whole ARPA file')
  })
})
