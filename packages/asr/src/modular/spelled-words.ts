import type { LanguageModelScorer } from '@parlance/decoding'
import type { Tokenizer } from '@parlance/tokenizer'
import { BLANK } from '../tokens/blank.js'
import type { WordLanguageModel } from '../search/word-language-model.js'
import { type LanguageContext, LanguageContexts } from './language-context.js'
import { PrefixTree } from './prefix-tree.js'

export interface SpelledWordsOptions {
  /** Natural-log probability of each character of a word that the language model does not list. Default −3, one of 20. */
  unknownCharacter?: number
}

/** Least ln-probability of anything: a search must be able to go on. */
const FLOOR = -30

/** Where a text is: the words before, and what of the next one has been spelt. */
export interface SpellingState {
  readonly context: LanguageContext
  /** In the tree of spellings; undefined where no listed word goes on like this. */
  readonly node: number | undefined
  /** The characters of the word so far. */
  readonly spelt: string
}

/**
 * A language model over words as one over the characters or subwords that spell them, for fusion: while a word is spelt, its
 * tokens have the probability of the likeliest word that goes on like this (look-ahead); at the white space behind it the
 * word's own takes its place. Words that are not listed have the probability of an unknown word and of their characters.
 */
export class SpelledWords implements LanguageModelScorer<SpellingState> {
  private readonly tree: PrefixTree
  private readonly contexts: LanguageContexts
  private readonly texts: readonly string[]
  private readonly unknownCharacter: number

  /**
   * @param words that the language model knows
   * @param tokenizer whose tokens spell texts
   */
  constructor(model: WordLanguageModel, words: readonly string[], tokenizer: Tokenizer, { unknownCharacter = -3 }: SpelledWordsOptions = {}) {
    this.tree = new PrefixTree(words.map((word) => ({ word, phones: [...word] })), (character) => character.codePointAt(0), 'the words of a language model')
    this.contexts = new LanguageContexts(this.tree, model, 1, 0)
    this.texts = tokenTexts(tokenizer)
    this.unknownCharacter = unknownCharacter
  }

  initial(): SpellingState {
    return { context: this.contexts.start, node: 0, spelt: '' }
  }

  /** The look-ahead of the empty text is part of the first token's. */
  score(state: SpellingState, token: number): number {
    const score = this.value(this.spell(state, this.texts[token] as string)) - this.value(state)
    return score + this.finished(state, this.texts[token] as string)
  }

  advance(state: SpellingState, token: number): SpellingState {
    return this.spell(state, this.texts[token] as string)
  }

  /** ln-probability that the text ends here, the word that is being spelt being the last. */
  end(state: SpellingState): number {
    const { context } = this.spell(state, ' ')
    return this.finished(state, ' ') + Math.max(FLOOR, context.end) - this.value(state)
  }

  /** What the word that is being spelt has been given. */
  private value({ context, node, spelt }: SpellingState): number {
    if (spelt === '') return 0
    return Math.max(FLOOR, node === undefined ? this.unknown(context, spelt) : (context.ahead[node] as number))
  }

  private unknown(context: LanguageContext, spelt: string): number {
    return context.unknown(spelt) + this.unknownCharacter * [...spelt].length
  }

  /** ln-probabilities of the words that this text finishes. */
  private finished(state: SpellingState, text: string): number {
    let sum = 0
    let at = state
    for (const character of text) {
      if (isSpace(character) && at.spelt !== '') sum += this.wordScore(at)
      at = this.spell(at, character)
    }
    return sum
  }

  private wordScore({ context, node, spelt }: SpellingState): number {
    const word = this.wordAt(node)
    return Math.max(FLOOR, word === undefined ? this.unknown(context, spelt) : (context.scores[word] as number))
  }

  private spell(state: SpellingState, text: string): SpellingState {
    let { context, node, spelt } = state
    for (const character of text) {
      if (!isSpace(character)) {
        spelt += character
        node = this.child(node, character)
      } else if (spelt !== '') {
        const word = this.wordAt(node)
        context = word === undefined ? context.nextUnknown(spelt) : context.next(word)
        node = 0
        spelt = ''
      }
    }
    return { context, node, spelt }
  }

  private child(node: number | undefined, character: string): number | undefined {
    if (node === undefined) return undefined
    const code = character.codePointAt(0)
    return this.tree.children[node]?.find((child) => this.tree.tokens[child] === code)
  }

  private wordAt(node: number | undefined): number | undefined {
    return node === undefined ? undefined : this.tree.ends[node]?.[0]
  }
}

function isSpace(character: string): boolean {
  return /\s/u.test(character)
}

/** What each token adds to a text that it continues. */
function tokenTexts(tokenizer: Tokenizer): string[] {
  // Some tokenizers leave out white space at a text's beginning.
  const before = tokenizer.decode([1])
  return Array.from({ length: tokenizer.vocabSize }, (_, id) => (id === BLANK ? '' : tokenizer.decode([1, id]).slice(before.length)))
}
