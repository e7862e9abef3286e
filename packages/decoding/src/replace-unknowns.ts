import { DecodingError } from './errors.js'

export interface UnknownReplacement {
  /** The token that stands for words outside the vocabulary. */
  readonly unknown: number
  /** What each source position is written as; positions that are no word, such as the end, may be undefined. */
  readonly source: readonly (string | undefined)[]
  /** What the word at a source position is in the target language; undefined, or left out: it is copied. */
  readonly translate?: (word: string) => string | undefined
}

/**
 * Post-processing of unknown words (Luong et al. 2015, "Addressing the Rare Word Problem in Neural Machine
 * Translation"; by attention as Jean et al. 2015): what each unknown token is to be replaced by, namely the
 * translation, or else a copy, of the source word that it is aligned to.
 *
 * @param tokens a hypothesis's
 * @param alignment (tokens) source positions: the hypothesis's own, or those of an alignment model
 * @returns (tokens) the replacement; undefined where the token is known or aligned to no word
 * @throws DecodingError when the alignment does not fit tokens and source
 */
export function replaceUnknowns(
  tokens: ArrayLike<number>,
  alignment: ArrayLike<number> | undefined,
  { unknown, source, translate }: UnknownReplacement,
): (string | undefined)[] {
  if (alignment === undefined) {
    throw new DecodingError('unknown words are replaced by alignment, but the hypothesis has none: the model gives no attention')
  }
  if (alignment.length !== tokens.length) {
    throw new DecodingError(`the alignment must have one entry per token, ${tokens.length}, got ${alignment.length}`)
  }
  return Array.from(tokens, (token, i) => {
    const position = alignment[i]!
    if (!(position in source)) {
      throw new DecodingError(`token ${i} is aligned to source position ${position}, but the source has ${source.length}`)
    }
    const word = source[position]
    if (token !== unknown || word === undefined) return undefined
    return translate?.(word) ?? word
  })
}
