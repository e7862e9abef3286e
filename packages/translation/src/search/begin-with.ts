import type { Beginning } from '@parlance/decoding'
import type { Tokenizer } from '@parlance/tokenizer'
import { UNKNOWN } from '../special-tokens.js'
import { encodeText } from '../text-codec.js'
import type { Spellings } from './spellings.js'

const LAST_WORD = / ?[^ ]*$/u

/**
 * A text that a translation begins with. Its complete words have the tokens that they have elsewhere. The last may be
 * the beginning of a word, whose tokens would be others: there every token may come that goes on with the text.
 *
 * @returns undefined for a text that the vocabulary cannot say
 */
export function beginWith(text: string, tokenizer: Tokenizer, spellings: Spellings): Beginning | undefined {
  const line = text.trimStart().replace(/\s+/gu, ' ')
  const { index = 0, 0: last = '' } = LAST_WORD.exec(line) ?? {}
  const complete = index === 0 ? new Int32Array(0) : encodeText(tokenizer, line.slice(0, index))
  const rest = last === ' ' ? spellings.space : spellings.ofText(last.trimStart())
  if (complete.includes(UNKNOWN) || rest === undefined) return undefined
  return {
    length: complete.length + rest.length,
    after({ tokens, length }) {
      if (length < complete.length) return [complete[length]!]
      const said = spellings.join(tokens.subarray(complete.length))
      return said.length < rest.length ? spellings.towards(rest.slice(said.length)) : undefined
    },
  }
}
