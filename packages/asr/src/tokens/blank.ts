/** The id that stands for no token, by our convention the tokenizer's first. */
export const BLANK = 0
/** How the tokenizer spells it. */
export const BLANK_TOKEN = '<blank>'
