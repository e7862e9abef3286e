import { TokenizerError } from './tokenizer.js'
import type { AddedTokenJson } from './tokenizer-json.js'

/** A token that is found in the text as it stands, before any splitting into words. */
export interface AddedToken {
  readonly id: number
  readonly content: string
  readonly special: boolean
}

/**
 * Finds added tokens in text: leftmost first and, of those starting at the same place, the longest, as Hugging Face
 * `tokenizers` does.
 */
export class AddedTokens {
  private readonly ids: ReadonlyMap<string, number>
  private readonly pattern: RegExp | undefined

  /** Throws a `TokenizerError` for an empty token or one that is given twice. */
  constructor(readonly tokens: readonly AddedToken[]) {
    const seen = new Set<string>()
    for (const { content } of tokens) {
      if (content === '') throw new TokenizerError('a special token must not be the empty string')
      if (seen.has(content)) throw new TokenizerError(`the special token ${JSON.stringify(content)} is given twice`)
      seen.add(content)
    }
    this.ids = new Map(tokens.map((token) => [token.content, token.id]))
    const longestFirst = tokens.map((token) => token.content).sort((a, b) => b.length - a.length)
    this.pattern = longestFirst.length === 0 ? undefined : new RegExp(longestFirst.map(escapeRegExp).join('|'), 'gu')
  }

  /** Calls `onText(start, end)` for the stretches between added tokens and `onToken(id)` for each of these, in order. */
  split(text: string, onText: (start: number, end: number) => void, onToken: (id: number) => void): void {
    let start = 0
    if (this.pattern) {
      this.pattern.lastIndex = 0
      for (let match = this.pattern.exec(text); match; match = this.pattern.exec(text)) {
        if (match.index > start) onText(start, match.index)
        onToken(this.ids.get(match[0])!)
        start = this.pattern.lastIndex
      }
    }
    if (start < text.length) onText(start, text.length)
  }

  toJSON(): AddedTokenJson[] {
    return [...this.tokens]
      .sort((a, b) => a.id - b.id)
      .map(({ id, content, special }) => ({
        id,
        content,
        single_word: false,
        lstrip: false,
        rstrip: false,
        normalized: false,
        special,
      }))
  }
}

function escapeRegExp(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|/]/g, '\\$&')
}
