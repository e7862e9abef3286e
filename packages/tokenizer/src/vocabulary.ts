import { TokenizerError } from './tokenizer.js'

/** No vocabulary in use comes near; keeps a hostile file from asking for gigabytes. */
const MAX_VOCAB_SIZE = 1 << 22

/** Tokens and their ids, checked once: ids are integers from 0, no id and no token twice. Gaps are allowed. */
export class Vocabulary {
  private readonly ids = new Map<string, number>()
  private readonly tokens: (string | undefined)[] = []

  /** `field` names the source in error messages, such as `model.vocab`. */
  constructor(entries: Iterable<readonly [token: string, id: number]>, field = 'vocabulary') {
    for (const [token, id] of entries) this.add(token, id, field)
    if (this.ids.size === 0) throw new TokenizerError(`${field}: it is empty, expected at least one token`)
  }

  /** Highest id plus one. */
  get size(): number {
    return this.tokens.length
  }

  idOf(token: string): number | undefined {
    return this.ids.get(token)
  }

  tokenOf(id: number): string {
    const token = this.tokens[id]
    if (token === undefined) throw new TokenizerError(`id ${id} is not in the vocabulary (size ${this.size})`)
    return token
  }

  /** Tokens with their ids, in order of id. */
  *entries(): Generator<[token: string, id: number]> {
    for (const [id, token] of this.tokens.entries()) if (token !== undefined) yield [token, id]
  }

  /** As the `vocab` object of tokenizer.json. `Object.fromEntries` also defines a token named `__proto__`. */
  toRecord(): Record<string, number> {
    return Object.fromEntries(this.entries())
  }

  private add(token: string, id: number, field: string): void {
    if (!Number.isInteger(id) || id < 0 || id >= MAX_VOCAB_SIZE) {
      throw new TokenizerError(
        `${field}: id of ${JSON.stringify(token)} must be an integer from 0 to ${MAX_VOCAB_SIZE - 1}, got ${id}`,
      )
    }
    const before = this.ids.get(token)
    if (before === id) return
    if (before !== undefined) {
      throw new TokenizerError(`${field}: token ${JSON.stringify(token)} has two ids, ${before} and ${id}`)
    }
    const other = this.tokens[id]
    if (other !== undefined) {
      throw new TokenizerError(
        `${field}: id ${id} belongs to two tokens, ${JSON.stringify(other)} and ${JSON.stringify(token)}`,
      )
    }
    this.ids.set(token, id)
    this.tokens[id] = token
  }
}
