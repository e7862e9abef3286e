import { Random } from '@parlance/corpora'

/** Words of a planted topic have its letter first: `a0` … `a7`. */
const TOPICS = ['a', 'b', 'c', 'd']
const WORDS = 8

/** Sentences whose words are of one topic, with words of all topics (`the0` … `the3`) among them. */
export function plantedText(seed: number, sentences: number): string {
  const random = new Random(seed)
  const below = (limit: number) => random.integer(limit)
  return Array.from({ length: sentences }, () => {
    const topic = TOPICS[below(TOPICS.length)]!
    return Array.from({ length: 10 }, () => (below(4) === 0 ? `the${below(4)}` : `${topic}${below(WORDS)}`)).join(' ')
  }).map((line) => `${line}\n`).join('')
}

/** The share of topic words' three nearest words that are of their topic. */
export function purity(nearest: (word: string) => readonly { readonly word: string }[]): number {
  const found = TOPICS.flatMap((topic) =>
    Array.from({ length: WORDS }, (_, i) => nearest(`${topic}${i}`).filter(({ word }) => word.startsWith(topic)).length),
  )
  return found.reduce((sum, count) => sum + count, 0) / (3 * found.length)
}
