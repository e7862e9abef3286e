/**
 * What every tokenizer of this package is: a fixed vocabulary of `vocabSize` ids (0 to vocabSize − 1) and two
 * functions between text and ids.
 */
export interface Tokenizer {
  /** Highest id plus one: the number of rows of an embedding table. Ids between may be unused. */
  readonly vocabSize: number
  /**
   * sha256 (hex) of the canonical `tokenizer.json`: keys sorted, no white space. A model stores it to detect that it
   * is given a tokenizer of another vocabulary.
   */
  readonly hash: string
  /**
   * Text to ids. No special token is ever added; one that occurs literally in the text becomes its id, as in
   * Hugging Face `tokenizers` with `add_special_tokens=False`.
   */
  encode(text: string): Int32Array
  /** Ids to text; special tokens are written out. Throws a `TokenizerError` for an id outside the vocabulary. */
  decode(ids: ArrayLike<number>): string
  /** The id of a token as `tokenizer.json` spells it (byte-level BPE: `Ġ` for a space), undefined if there is none. */
  tokenToId(token: string): number | undefined
  /** The token as `tokenizer.json` spells it. Throws a `TokenizerError` for an id outside the vocabulary. */
  idToToken(id: number): string
  /** Hugging Face `tokenizer.json` as an object. */
  toJSON(): object
}

/** Text that cannot be encoded, ids that cannot be decoded, files that cannot be read as what they should be. */
export class TokenizerError extends Error {
  override readonly name = 'TokenizerError'
}
