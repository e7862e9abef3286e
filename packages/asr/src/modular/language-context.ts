import type { PrefixTree } from './prefix-tree.js'
import type { WordLanguageModel } from '../search/word-language-model.js'

/** Contexts that are remembered; beyond, they are made anew. */
const REMEMBERED = 20_000

/** What a language model makes of the words so far, in the units of a search: weighted, with the bonus of a word. */
export interface LanguageContext {
  /** Two contexts are the same one exactly when these are equal. */
  readonly id: number
  /** (words) what each word would add that comes next. */
  readonly scores: Float64Array
  /** (nodes of the tree) the most that a word adds which goes through the node, at the root also the end: language model look-ahead. */
  readonly ahead: Float64Array
  /** What the end of the utterance adds. */
  readonly end: number
  /** The context after a word, */
  next(word: number): LanguageContext
  /** after one that the tree does not have, */
  nextUnknown(word: string): LanguageContext
  /** and what such a word would add. */
  unknown(word: string): number
}

/** The contexts of a search, made when first needed and shared by all hypotheses whose futures are alike. */
export class LanguageContexts {
  readonly start: LanguageContext
  private readonly known = new Map<string, LanguageContext>()
  private count = 0

  /**
   * @param weight of the language model's log-probabilities
   * @param bonus of each word
   */
  constructor(
    private readonly tree: PrefixTree,
    private readonly model: WordLanguageModel | undefined,
    private readonly weight: number,
    private readonly bonus: number,
  ) {
    this.start = this.make(model?.initial())
  }

  private make(state: unknown): LanguageContext {
    const { model, tree, weight, bonus } = this
    const scores = Float64Array.from(tree.words, (word) => (model ? weight * model.score(state, word) : 0) + bonus)
    // Followers are kept where the language model cannot tell equal states, too: each pair of context and word is asked once.
    const followers = new Map<number, LanguageContext>()
    const after = (word: string): LanguageContext => {
      if (!model) return context
      const next = model.advance(state, word)
      return this.shared(model.key?.(next), next)
    }
    const end = model ? weight * model.end(state) : 0
    const ahead = tree.lookAhead(scores)
    // At the root the utterance may end, too.
    ahead[0] = Math.max(ahead[0] as number, end)
    const context: LanguageContext = {
      id: this.count++,
      scores,
      ahead,
      end,
      next: (word) => {
        let follower = followers.get(word)
        if (!follower) {
          follower = after(tree.words[word] as string)
          followers.set(word, follower)
        }
        return follower
      },
      nextUnknown: after,
      unknown: (word) => (model ? weight * model.score(state, word) : 0) + bonus,
    }
    return context
  }

  private shared(key: string | undefined, state: unknown): LanguageContext {
    if (key === undefined) return this.make(state)
    let context = this.known.get(key)
    if (!context) {
      if (this.known.size >= REMEMBERED) this.known.clear()
      context = this.make(state)
      this.known.set(key, context)
    }
    return context
  }
}
