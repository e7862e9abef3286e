import { Random } from '@parlance/corpora'

export interface SessionOptions {
  readonly seed: number
  readonly users: number
  readonly pages: number
  /** Latent interests, each of which has its own pages. */
  readonly interests: number
  /** Pages a user likes, at most; five at least. */
  readonly longest: number
  /** Share of the pages that have nothing to do with a user's interests. */
  readonly noise: number
}

/**
 * What users like: each has one to three latent interests and takes pages of these, the popular ones oftener (Zipf's law),
 * and now and then any page. A line a user, pages that come once each.
 */
export function generateSessions({ seed, users, pages, interests, longest, noise }: SessionOptions): string[] {
  const random = new Random(seed)
  const all = Array.from({ length: pages }, (_, i) => `page${i}`)
  const ofInterest = Array.from({ length: interests }, (_, i) => all.filter((_, page) => page % interests === i))
  return Array.from({ length: users }, () => {
    const own = Array.from({ length: 1 + random.integer(3) }, () => random.pick(ofInterest))
    const size = 5 + random.integer(longest - 4)
    const liked = new Set<string>()
    for (let tries = 0; liked.size < size && tries < 10 * size; tries++) {
      liked.add(random.chance(noise) ? random.pickZipf(all) : random.pickZipf(random.pick(own)))
    }
    return [...liked].join(' ')
  })
}

/**
 * Hits@k of recommending the most popular pages of a training set: each page of each test session in turn is looked for
 * among those that the session's others leave.
 */
export function popularityHits(training: readonly string[], test: readonly string[], k: number): number {
  const counts = new Map<string, number>()
  for (const page of training.flatMap((line) => line.split(' '))) counts.set(page, (counts.get(page) ?? 0) + 1)
  const popular = [...counts].sort(([, a], [, b]) => b - a).map(([page]) => page)
  let [hits, questions] = [0, 0]
  for (const line of test) {
    const pages = line.split(' ')
    for (const page of pages) {
      questions++
      const left = popular.filter((other) => other === page || !pages.includes(other)).slice(0, k)
      if (left.includes(page)) hits++
    }
  }
  return hits / questions
}
