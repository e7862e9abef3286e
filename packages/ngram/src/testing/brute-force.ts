/** Uniform numbers in [0, 1) (mulberry32). */
export function generator(seed: number): () => number {
  let state = seed | 0
  return () => {
    state = (state + 0x6D2B79F5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}

/** Sequences of skewed, dependent tokens. */
export function randomSequences(seed: number, count: number, vocabSize: number): number[][] {
  const random = generator(seed)
  return Array.from({ length: count }, () => {
    let token = 0
    return Array.from({ length: Math.floor(random() * 12) }, () => {
      token = random() < 0.5 ? (token * 3 + 1) % vocabSize : Math.floor(vocabSize * random() ** 2)
      return token
    })
  })
}

/**
 * Interpolated modified Kneser-Ney as its formulas read, each probability from scratch: P(word | context).
 * N-grams are arrays of ids, their counts a map from the ids' text.
 */
export function bruteForce(sequences: readonly number[][], order: number, vocabSize: number, eos?: number) {
  const bos = vocabSize
  const raw = new Map<string, number>()
  for (const sequence of sequences) {
    const text = [bos, ...sequence, ...(eos === undefined ? [] : [eos])]
    for (let n = 1; n <= order; n++) {
      for (let i = 0; i + n <= text.length; i++) {
        const key = text.slice(i, i + n).join(' ')
        raw.set(key, (raw.get(key) ?? 0) + 1)
      }
    }
  }
  const adjusted = (ngram: readonly number[]): number => {
    const key = ngram.join(' ')
    if (ngram.length === order || ngram[0] === bos) return raw.get(key) ?? 0
    let neighbours = 0
    for (let left = 0; left <= bos; left++) if (raw.has(`${left} ${key}`)) neighbours++
    return neighbours
  }
  const discounts = (n: number): number[] => {
    const r = [0, 0, 0, 0, 0]
    for (const key of raw.keys()) {
      const ngram = key.split(' ').map(Number)
      if (ngram.length !== n || key === String(bos)) continue
      const count = adjusted(ngram)
      if (count < 5) r[count]!++
    }
    const y = r[1]! / (r[1]! + 2 * r[2]!)
    const d = [0, 1 - 2 * y * r[2]! / r[1]!, 2 - 3 * y * r[3]! / r[2]!, 3 - 4 * y * r[4]! / r[3]!]
    return d.every((value, i) => i === 0 || (value > 0 && value <= i)) ? d : [0, 0.5, 1, 1.5]
  }
  const table = Array.from({ length: order }, (_, i) => discounts(i + 1))
  const probability = (context: readonly number[], word: number): number => {
    const counts = Array.from({ length: vocabSize }, (_, next) => adjusted([...context, next]))
    const shorter = context.length === 0 ? 1 / vocabSize : probability(context.slice(1), word)
    const total = counts.reduce((sum, count) => sum + count, 0)
    if (total === 0) return shorter
    const d = table[context.length]!
    const weight = counts.reduce((sum, count) => sum + d[Math.min(count, 3)]!, 0) / total
    return (counts[word]! - d[Math.min(counts[word]!, 3)]!) / total + weight * shorter
  }
  return (context: readonly number[], word: number): number =>
    probability(order === 1 ? [] : context.slice(-(order - 1)), word)
}
