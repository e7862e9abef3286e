/**
 * Logistic regressions of sentence chrF (0 to 1, the best of the references) on properties of greedy translations, fitted to
 * the distinct sources of Tatoeba's English-German validation pairs by `npm run bench -- catastrophes-quality --model DIR`.
 */
export const BY_PROBABILITY = { bias: -1.98, probability: 3.82, shortness: 0.25 }

/** The same without token probabilities. */
export const BY_LENGTH = { bias: 0.11, shortness: 0.36 }
