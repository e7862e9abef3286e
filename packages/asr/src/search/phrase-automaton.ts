/** A phrase as tokens, and the bonus of each of its tokens. */
export interface WeightedPhrase {
  tokens: ArrayLike<number>
  /** Natural-log units, above 0. */
  weight: number
}

interface Node {
  readonly children: Map<number, number>
  /** The largest weight of the phrases that go through here. */
  weight: number
  isEnd: boolean
  /** Bonus since the last phrase that ended on the way here: taken back when no phrase goes on. */
  pending: number
  /** What phrases that end here give for good. */
  earned: number
  /** The node of the longest suffix that some phrase begins with. */
  failure: number
}

const ROOT = 0

/**
 * Phrases as an automaton (Aho and Corasick 1975) whose transitions carry bonuses: each token that goes on with a phrase
 * gets its weight at once, so that search does not lose the phrase before it is complete, and what a phrase that breaks off
 * has got is taken back. In sum a text gets, for each occurrence of a phrase, weight × tokens (less those of a shorter
 * phrase that it begins with, which has its own).
 */
export class PhraseAutomaton {
  private readonly nodes: Node[] = [node()]

  constructor(phrases: Iterable<WeightedPhrase>) {
    for (const phrase of phrases) this.add(phrase)
    this.link()
  }

  /** The node after `token`, which may be any. */
  next(from: number, token: number): number {
    for (let at = from; ; at = this.at(at).failure) {
      const child = this.at(at).children.get(token)
      if (child !== undefined) return child
      if (at === ROOT) return ROOT
    }
  }

  /** Bonus that is taken back unless the phrase goes on. */
  pending(from: number): number {
    return this.at(from).pending
  }

  /** Adds to each token's place what it gets after `from`. */
  addBonuses(from: number, bonuses: Float32Array): void {
    const { pending } = this.at(from)
    const seen = new Set<number>()
    if (pending !== 0) for (let v = 0; v < bonuses.length; v++) bonuses[v] = (bonuses[v] as number) - pending
    for (let at = from; ; at = this.at(at).failure) {
      for (const [token, child] of this.at(at).children) {
        if (seen.has(token)) continue
        seen.add(token)
        const { pending: ahead, earned } = this.at(child)
        bonuses[token] = (bonuses[token] as number) + ahead + earned
      }
      if (at === ROOT) return
    }
  }

  private at(index: number): Node {
    return this.nodes[index] as Node
  }

  private add({ tokens, weight }: WeightedPhrase): void {
    let at = ROOT
    for (let i = 0; i < tokens.length; i++) {
      const token = tokens[i] as number
      let child = this.at(at).children.get(token)
      if (child === undefined) {
        child = this.nodes.push(node()) - 1
        this.at(at).children.set(token, child)
      }
      at = child
      this.at(at).weight = Math.max(this.at(at).weight, weight)
    }
    if (at !== ROOT) this.at(at).isEnd = true
  }

  /** Failure links and bonuses, the shortest beginnings first. */
  private link(): void {
    const queue: number[] = [ROOT]
    for (const at of queue) {
      for (const [token, index] of this.at(at).children) {
        const child = this.at(index)
        if (at !== ROOT) child.failure = this.next(this.at(at).failure, token)
        const gained = this.at(at).pending + child.weight
        child.pending = child.isEnd ? 0 : gained
        // The failure's node is less deep, so it has its own sum already.
        child.earned = (child.isEnd ? gained : 0) + this.at(child.failure).earned
        queue.push(index)
      }
    }
  }
}

function node(): Node {
  return { children: new Map(), weight: 0, isEnd: false, pending: 0, earned: 0, failure: ROOT }
}
