/** The first tokens of every vocabulary, with the ids that they have in M2M100 and BART. `<unk>` never occurs: bytes cover all text. */
export const SPECIAL_TOKENS = ['<s>', '<pad>', '</s>', '<unk>'] as const

/** Fed to the decoder before the first token of a translation. */
export const START = 0
export const PAD = 1
/** Ends sources and translations. */
export const END = 2
export const UNKNOWN = 3
