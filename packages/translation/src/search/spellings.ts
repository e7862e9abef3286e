import type { Tokenizer } from '@parlance/tokenizer'
import { END, PAD, START, UNKNOWN } from '../special-tokens.js'
import { encodeText } from '../text-codec.js'

/**
 * What tokens are written as, so that texts can be compared with tokens however they are cut into them. A byte-level
 * tokenizer spells bytes (`Ġ` for a space), others characters.
 */
export class Spellings {
  readonly #tokenizer: Tokenizer
  readonly #spelled: (string | undefined)[] = []
  readonly #starting = new Map<string, readonly number[]>()
  readonly #endsInWord: (boolean | undefined)[] = []
  /** Of a space. */
  readonly space: string

  constructor(tokenizer: Tokenizer) {
    this.#tokenizer = tokenizer
    this.space = this.join(tokenizer.encode(' '))
  }

  /** Empty for tokens that are no text. */
  of(token: number): string {
    return this.#spelled[token] ??= this.#spell(token)
  }

  tokenOf(spelling: string): number | undefined {
    const token = this.#tokenizer.tokenToId(spelling)
    return token === undefined || this.of(token) === '' ? undefined : token
  }

  join(tokens: ArrayLike<number>): string {
    return Array.from(tokens, (token) => this.of(token)).join('')
  }

  /** Of a text as it stands in a line, with a space in front; undefined when the vocabulary cannot say it. */
  ofText(text: string): string | undefined {
    const tokens = encodeText(this.#tokenizer, text)
    return tokens.includes(UNKNOWN) ? undefined : this.join(tokens)
  }

  /** The tokens that can be said where `rest`, not empty, is what must come: those that begin it, and that it begins. */
  towards(rest: string): readonly number[] {
    let tokens = this.#starting.get(rest)
    if (tokens === undefined) {
      const ids = Array.from({ length: this.#tokenizer.vocabSize }, (_, token) => token)
      tokens = ids.filter((token) => {
        const spelled = this.of(token)
        return spelled !== '' && (spelled.startsWith(rest) || rest.startsWith(spelled))
      })
      if (this.#starting.size >= MOST_KEPT) this.#starting.clear()
      this.#starting.set(rest, tokens)
    }
    return tokens
  }

  /** Whether a token's last character belongs to a word, or may do so: it may be cut. */
  endsInWord(token: number): boolean {
    return this.#endsInWord[token] ??= this.of(token) !== '' && IN_WORD.test(this.#tokenizer.decode([token]))
  }

  #spell(token: number): string {
    if (NO_TEXT.has(token)) return ''
    try {
      return this.#tokenizer.idToToken(token)
    } catch {
      return '' // an id that the vocabulary leaves out
    }
  }
}

const NO_TEXT: ReadonlySet<number> = new Set([START, PAD, END, UNKNOWN])
const IN_WORD = /[\p{L}\p{N}\p{M}\uFFFD]$/u
const MOST_KEPT = 1000
