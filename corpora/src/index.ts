export { generateEnglish, type EnglishOptions } from './english.js'
export { generateParallel, type ParallelOptions, type SentencePair } from './parallel.js'
export { Random } from './random.js'
