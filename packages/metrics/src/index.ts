export { countBytes, countCharacters, countWords, countWordsWithEos } from './counts.js'
export { MetricError } from './error.js'
export { type Perplexity, perplexity, type PerplexityCounts } from './perplexity.js'
