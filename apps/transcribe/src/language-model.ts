import { existsSync, statSync } from 'node:fs'
import { type FusionOptions, type LoadOptions, SpelledWords, type WordLanguageModel } from '@parlance/asr'
import { LanguageModel } from '@parlance/lm'
import { type NgramFile, NgramWords, openNgram } from '@parlance/ngram'
import { UsageError } from '@parlance/nn/command-line'

type Tokens = Parameters<NonNullable<LoadOptions['fusion']>>[0]
type Fused = Pick<FusionOptions, 'languageModel' | 'languageModelEnd'>
type WordModel = WordLanguageModel & { has(word: string): boolean }

/**
 * What `--lm` names, for fusion with a recogniser of these tokens: an n-gram model (binary or ARPA) over the tokens, or over
 * words however the recogniser spells them; or a language model's folder.
 *
 * @throws UsageError or NgramError, one line, for a file that cannot be read or knows other tokens
 */
export async function fusedModel(path: string, tokenizer: Tokens, threads: number | undefined): Promise<Fused> {
  expectThere(path)
  const ownWords = areWords(tokenizer)
  if (statSync(path).isDirectory()) {
    const model = await loadLanguageModel(path, threads)
    return ownWords ? overWords(spelling(model), tokenizer, path) : overTokens(model, tokenizer, path)
  }
  const ngram = openNgram(path)
  if (!ngram.words) return countedInTokens(ngram, tokenizer, path)
  const words = new NgramWords(ngram.model, ngram.words)
  const known = tokensOf(tokenizer).filter((token) => words.has(token)).length
  if (ownWords || known >= (tokenizer.vocabSize - 1) / 2) return overWords(words as WordModel, tokenizer, path)
  const spelled = new SpelledWords(words as WordLanguageModel, words.words, tokenizer)
  return { languageModel: spelled, languageModelEnd: (state) => spelled.end(state as Parameters<SpelledWords['end']>[0]) } as Fused
}

/** What `--lm` names, over words. */
export async function wordModel(path: string, threads: number | undefined): Promise<WordModel> {
  expectThere(path)
  if (statSync(path).isDirectory()) return spelling(await loadLanguageModel(path, threads))
  const { model, words } = openNgram(path)
  if (!words) throw new UsageError(`${path}: it counts tokens, a lexicon needs a model of words: parlance-perplexity train-ngram --tokenizer words makes one.`)
  return new NgramWords(model, words) as WordModel
}

function expectThere(path: string): void {
  if (!existsSync(path)) throw new UsageError(`--lm ${path}: there is no such file or folder.`)
}

function loadLanguageModel(folder: string, threads: number | undefined): Promise<LanguageModel> {
  return LanguageModel.load(folder, threads === undefined ? {} : { threads })
}

/** Whether the tokens are whole words. */
function areWords(tokenizer: Tokens): boolean {
  return (tokenizer.toJSON() as { model?: { type?: unknown } }).model?.type === 'WordLevel'
}

/** All but the blank, which is no token of a text. */
function tokensOf(tokenizer: Tokens): string[] {
  return Array.from({ length: tokenizer.vocabSize - 1 }, (_, i) => tokenizer.idToToken(i + 1))
}

function countedInTokens({ model }: NgramFile, { vocabSize }: Tokens, path: string): Fused {
  // Sentences have an end besides.
  if (model.vocabSize !== vocabSize + (model.eos === vocabSize ? 1 : 0)) {
    throw new UsageError(`${path}: it counts ${model.vocabSize} tokens, the model has ${vocabSize}: train it on text encoded with the model's tokenizer.json.`)
  }
  const { eos } = model
  return { languageModel: model, ...(eos !== undefined && { languageModelEnd: (state: unknown) => model.score(state as Int32Array, eos) }) }
}

/** Tokens that are words of the language model. */
function overWords(model: WordModel, tokenizer: Tokens, path: string): Fused {
  const tokens = tokensOf(tokenizer)
  const found = tokens.filter((token) => model.has(token)).length
  if (found < tokens.length / 2) {
    throw new UsageError(`${path}: its words have only ${found} of the model's ${tokens.length} tokens among them: train it on text that is split into such tokens.`)
  }
  const missing = tokens.find((token) => model.score(model.initial(), token) === -Infinity)
  if (missing !== undefined) {
    throw new UsageError(`${path}: it does not know the model's token ${JSON.stringify(missing)}: train it on text with all of them.`)
  }
  const text = (token: number): string => tokens[token - 1] as string
  return {
    languageModel: {
      initial: () => model.initial(),
      score: (state, token) => model.score(state, text(token)),
      advance: (state, token) => model.advance(state, text(token)),
    },
    languageModelEnd: (state) => model.end(state),
  }
}

/** A neural model with the recogniser's tokens, which may have other ids there. */
function overTokens({ scorer, tokenizer: own }: LanguageModel, tokenizer: Tokens, path: string): Fused {
  const ids = tokensOf(tokenizer).map((token) => own.tokenToId(token))
  const missing = ids.indexOf(undefined)
  if (missing >= 0) {
    throw new UsageError(`${path}: it does not have the model's token ${JSON.stringify(tokenizer.idToToken(missing + 1))}: train it with parlance-perplexity train --tokenizer MODEL/tokenizer.json.`)
  }
  type State = ReturnType<typeof scorer.initial>
  const end = own.encode('\n')[0]
  return {
    languageModel: {
      // A text's beginning is where a line begins.
      initial: () => (end === undefined ? scorer.initial() : scorer.advance(scorer.initial(), end)),
      score: (state, token) => scorer.score(state as State, ids[token - 1] as number),
      advance: (state, token) => scorer.advance(state as State, ids[token - 1] as number),
    },
    ...(end !== undefined && { languageModelEnd: (state: unknown) => scorer.score(state as State, end) }),
  }
}

/** A neural model as one of words, each the product of its tokens; lines are utterances. */
function spelling({ scorer, tokenizer }: LanguageModel): WordModel {
  interface State { language: ReturnType<typeof scorer.initial>; first: boolean }
  const newline = tokenizer.encode('\n')
  const follow = (language: State['language'], tokens: Int32Array): State['language'] => tokens.reduce((state, token) => scorer.advance(state, token), language)
  const tokensOfWord = (word: string, first: boolean): Int32Array => tokenizer.encode(first ? word : ` ${word}`)
  const probability = (language: State['language'], tokens: Int32Array): number => {
    let sum = 0
    let state = language
    for (const [i, token] of tokens.entries()) {
      sum += scorer.score(state, token)
      if (i + 1 < tokens.length) state = scorer.advance(state, token)
    }
    return sum
  }
  const model: WordLanguageModel<State> = {
    initial: () => ({ language: follow(scorer.initial(), newline), first: true }),
    score: ({ language, first }, word) => probability(language, tokensOfWord(word, first)),
    advance: ({ language, first }, word) => ({ language: follow(language, tokensOfWord(word, first)), first: false }),
    end: ({ language }) => probability(language, newline),
  }
  // Whatever can be spelt is known.
  return { ...model, has: () => true } as WordModel
}
