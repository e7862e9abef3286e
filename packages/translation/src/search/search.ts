import {
  beamSearch,
  type Beginning,
  greedyStream,
  minLength,
  noRepeatNgrams,
  repetitionPenalty,
  sample,
  type SearchOptions,
  suppressTokens,
  type TokenFilter,
  type TokenModel,
  averageLength,
  type Hypothesis as FoundHypothesis,
} from '@parlance/decoding'
import { UsageError } from '@parlance/nn/command-line'
import type { Tokenizer } from '@parlance/tokenizer'
import { tagTokens } from '../multilingual/languages.js'
import { END, PAD, START, UNKNOWN } from '../special-tokens.js'
import { encodeText, tidyText } from '../text-codec.js'
import { alignWords, type WordLink } from './alignment.js'
import { beginWith } from './begin-with.js'
import { tokenPieces } from './pieces.js'
import { Spellings } from './spellings.js'
import { suppressPhrases } from './suppress-phrases.js'
import { checkPhrases, type SearchSettings, type SourceLine } from './translate-options.js'
import { copyUnknowns, hasUnknown } from './unknown-words.js'

/** A translation of a line, and how the model came to it. */
export interface Hypothesis {
  readonly text: string
  /** Natural-log probability over the length penalty, plus the coverage penalty: what ranks. Of a draw, over the length. */
  readonly score: number
  /** Natural-log probability, the end token included. */
  readonly logProb: number
  /** False when `maxLength` cut it off. */
  readonly finished: boolean
  /** Without the end token. */
  readonly tokens: Int32Array
  /** The text of each token; together they are `text`, save for white space around and between lines. */
  readonly pieces: readonly string[]
  /** Natural-log probability of each token, then of the end token when it is finished. */
  readonly tokenLogProbs: Float32Array
  /**
   * (tokens × (source pieces + 1)) how much the model looked at each source token when it said each token, the end of the
   * source last; rows sum to 1. In a transformer, the mean of the last decoder layer's heads.
   */
  readonly attention: Float32Array
  /** Which words correspond, from `attention`. */
  readonly alignment: readonly WordLink[]
}

/** A line ready to be translated. */
export interface Sentence {
  /** Its place among the lines. */
  readonly line: number
  /** What stands for it in draws. */
  readonly number: number
  /** With the end token. */
  readonly source: Int32Array
  /** The text of each source token, without the end's. */
  readonly pieces: readonly string[]
  readonly truncated: boolean
  readonly beginning: Beginning | undefined
  readonly phrases: readonly Int32Array[]
  /** Tokens at most, the end token included. */
  readonly maxLength: number
}

/** What a line asks of the search besides its text. */
export type Wishes = Pick<Sentence, 'beginning' | 'phrases' | 'maxLength'>

type Model = TokenModel<readonly Int32Array[], unknown>

/** Translates encoded sentences by the searches of `decoding`. */
export class TranslationSearch {
  /** Says every token. */
  readonly #whole: Model
  /** Says what is on a sentence's shortlist. */
  readonly #shortlisted: Model
  readonly #tokenizer: Tokenizer
  readonly #spellings: Spellings
  readonly #hasUnknown: boolean
  /** Tokens that only sources have. */
  readonly #tags: readonly number[]

  constructor(whole: Model, tokenizer: Tokenizer, shortlisted = whole) {
    this.#whole = whole
    this.#shortlisted = shortlisted
    this.#tokenizer = tokenizer
    this.#spellings = new Spellings(tokenizer)
    this.#hasUnknown = hasUnknown(tokenizer)
    this.#tags = tagTokens(tokenizer)
  }

  /**
   * What a line of `length` source tokens asks for.
   *
   * @throws UsageError, naming the line, for what cannot be searched for
   */
  wishes(line: SourceLine, place: number, length: number, settings: SearchSettings): Wishes {
    const { prefix, phrases = [] } = line
    const { method, maxLength } = settings
    checkPhrases(`phrases of line ${place + 1}`, phrases)
    if (phrases.length > 0 && (method.kind === 'sampling' || method.diversity.groups > 1)) {
      throw new UsageError(`line ${place + 1} has phrases to contain, which only beam search without diversity can do: leave one of them out.`)
    }
    const beginning = prefix === undefined || prefix.trim() === '' ? undefined : beginWith(prefix, this.#tokenizer, this.#spellings)
    if (prefix?.trim() && beginning === undefined) {
      throw new UsageError(`the prefix of line ${place + 1} has characters that the vocabulary lacks: leave them out, got ${JSON.stringify(prefix)}.`)
    }
    const tokens = phrases.map((phrase) => encodeText(this.#tokenizer, phrase.trim()))
    const unsayable = phrases.find((_, i) => tokens[i]?.includes(UNKNOWN))
    if (unsayable !== undefined) {
      throw new UsageError(`a phrase of line ${place + 1} has characters that the vocabulary lacks: leave it out, got ${JSON.stringify(unsayable)}.`)
    }
    const needed = tokens.reduce((sum, phrase) => sum + phrase.length, beginning?.length ?? 0)
    if (maxLength !== undefined && needed >= maxLength) {
      throw new UsageError(
        `the prefix and phrases of line ${place + 1} take up to ${needed} tokens and an end, but maxLength is ${maxLength}: raise it.`)
    }
    return { beginning, phrases: tokens, maxLength: maxLength ?? 2 * length + 10 + needed }
  }

  /** Whether the search must know all tokens: where some are asked for, and to draw from the whole distribution. */
  needsWholeVocabulary({ beginning, phrases }: Wishes, { method }: SearchSettings): boolean {
    return beginning !== undefined || phrases.length > 0 || method.kind === 'sampling'
  }

  #modelFor(batch: readonly Sentence[], settings: SearchSettings): Model {
    return batch.some((sentence) => this.needsWholeVocabulary(sentence, settings)) ? this.#whole : this.#shortlisted
  }

  /**
   * @param batch sentences that all need the whole vocabulary, or none
   * @returns per sentence its hypotheses, best first, or in the order of drawing
   */
  async run(batch: readonly Sentence[], settings: SearchSettings): Promise<Hypothesis[][]> {
    const { method } = settings
    const sources = batch.map(({ source }) => source)
    const common = this.#options(batch, settings)
    const model = this.#modelFor(batch, settings)
    if (method.kind === 'beam') {
      const constraints = batch.map(({ phrases }) => phrases)
      const found = await beamSearch(model, sources, { ...common, ...method, constraints })
      return found.map((hypotheses, i) => hypotheses.map((each) => this.#finish(each, each.score, batch[i] as Sentence, settings)))
    }
    const sentenceIds = batch.map(({ number }) => number)
    const { topK, ...sampling } = method
    const options = { ...common, ...sampling, ...(topK !== undefined && { topK }), sentenceIds }
    const found = await sample(model, sources, options)
    return found.map((draws, i) => draws.map((each) => this.#finish(each, averageLogProb(each), batch[i] as Sentence, settings)))
  }

  /** Greedy search that tells each token as soon as it is found. */
  async *stream(sentence: Sentence, settings: SearchSettings): AsyncGenerator<Hypothesis> {
    for await (const part of greedyStream(this.#modelFor([sentence], settings), [sentence.source], this.#options([sentence], settings))) {
      yield this.#finish(part, averageLogProb(part), sentence, settings)
    }
  }

  #options(batch: readonly Sentence[], settings: SearchSettings): SearchOptions {
    return {
      prompts: batch.map(() => [START]),
      eos: END,
      maxLength: (i) => (batch[i] as Sentence).maxLength,
      prefixes: batch.map(({ beginning }) => beginning ?? []),
      filters: this.#filters(settings),
    }
  }

  #filters(settings: SearchSettings): TokenFilter[] {
    const { suppress, noRepeatNgrams: size, repetitionPenalty: penalty, minLength: least } = settings
    return [
      suppressTokens([START, PAD, ...this.#tags, ...(settings.replaceUnknowns && this.#hasUnknown ? [] : [UNKNOWN])]),
      ...(suppress.length > 0 ? [suppressPhrases(this.#spellings, suppress)] : []),
      ...(least > 0 ? [minLength(least, END)] : []),
      ...(size !== undefined ? [noRepeatNgrams(size)] : []),
      ...(penalty !== 1 ? [repetitionPenalty(penalty)] : []),
    ]
  }

  #finish(found: FoundHypothesis, score: number, sentence: Sentence, { replaceUnknowns }: SearchSettings): Hypothesis {
    const { tokens, tokenLogProbs, logProb, finished, attention = new Float32Array(0) } = found
    const plain = tokenPieces(this.#tokenizer, tokens)
    const copies = replaceUnknowns && tokens.includes(UNKNOWN)
    const pieces = copies ? copyUnknowns(tokens, plain, attention, sentence.pieces) : plain
    const alignment = alignWords(attention, sentence.pieces, pieces)
    return { text: tidyText(pieces.join('')), score, logProb, finished, tokens, pieces, tokenLogProbs, attention, alignment }
  }
}

function averageLogProb({ logProb, tokenLogProbs }: FoundHypothesis): number {
  return logProb / averageLength()(Math.max(1, tokenLogProbs.length))
}
