export { CharTokenizer, type CharTrainOptions, trainChar } from './char-tokenizer.js'
export { type Tokenizer, TokenizerError } from './tokenizer.js'
