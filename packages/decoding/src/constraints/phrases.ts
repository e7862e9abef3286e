/** How far a hypothesis has come towards containing all phrases. */
export interface Progress {
  /** Which phrases it contains. */
  readonly met: readonly boolean[]
  /** Where in the trie the longest ending of the hypothesis is that begins a phrase. */
  readonly node: number
  /** How many tokens are still to come at most: those of the phrases not met, less what has been begun. */
  readonly unmet: number
}

interface TrieNode {
  readonly children: Map<number, number>
  readonly depth: number
  /** The node of the longest proper ending that begins a phrase too; -1 for the root. */
  fallback: number
  /** The phrases that begin with this node's tokens. */
  readonly begins: number[]
  /** The phrase that consists of this node's tokens. */
  ends: number | undefined
}

/**
 * The phrases that a hypothesis must contain, as an automaton (Aho & Corasick 1975) that follows it token by token
 * (for searching as Hu et al. 2019, "Improved Lexically Constrained Decoding", do). Phrases may overlap and
 * contain each other; one given twice counts once.
 */
export class Phrases {
  /** Tokens of all phrases together. */
  readonly tokens: number
  readonly #phrases: readonly (readonly number[])[]
  readonly #nodes: TrieNode[] = [{ children: new Map(), depth: 0, fallback: -1, begins: [], ends: undefined }]

  constructor(phrases: readonly ArrayLike<number>[]) {
    const different = new Map(phrases.map((phrase) => [Array.from(phrase).join(' '), Array.from(phrase)]))
    this.#phrases = [...different.values()]
    this.tokens = this.#phrases.reduce((sum, phrase) => sum + phrase.length, 0)
    this.#phrases.forEach((phrase, p) => this.#add(phrase, p))
    // Nodes were added parents first within a phrase, not by depth, which fallbacks need.
    const byDepth = [...this.#nodes.keys()].sort((a, b) => this.#nodes[a]!.depth - this.#nodes[b]!.depth)
    for (const parent of byDepth) {
      for (const [token, child] of this.#nodes[parent]!.children) {
        this.#nodes[child]!.fallback = parent === 0 ? 0 : this.#next(this.#nodes[parent]!.fallback, token)
      }
    }
  }

  /** Of a hypothesis without tokens. */
  start(): Progress {
    return { met: this.#phrases.map(() => false), node: 0, unmet: this.tokens }
  }

  /** Of the hypothesis continued by one token. */
  advance(progress: Progress, token: number): Progress {
    if (this.tokens === 0) return progress
    const { met, node } = progress
    const reached = this.#next(node, token)
    let now = met
    for (const { ends } of this.#endings(reached)) {
      if (ends !== undefined && !now[ends]) now = now.with(ends, true)
    }
    const missing = this.#phrases.reduce((sum, phrase, p) => (now[p] ? sum : sum + phrase.length), 0)
    const begun = this.#endings(reached).find(({ begins }) => begins.some((p) => !now[p]))
    return { met: now, node: reached, unmet: missing - (begun?.depth ?? 0) }
  }

  /** The tokens that leave fewer to come: at least one unless all phrases are met. */
  advancing(progress: Progress): number[] {
    if (progress.unmet === 0) return []
    const tokens = new Set(this.#endings(progress.node).flatMap(({ children }) => [...children.keys()]))
    return [...tokens].filter((token) => this.advance(progress, token).unmet < progress.unmet).sort((a, b) => a - b)
  }

  #add(phrase: readonly number[], p: number): void {
    let at = 0
    for (const token of phrase) {
      const parent = this.#nodes[at]!
      let child = parent.children.get(token)
      if (child === undefined) {
        child = this.#nodes.length
        this.#nodes.push({ children: new Map(), depth: parent.depth + 1, fallback: 0, begins: [], ends: undefined })
        parent.children.set(token, child)
      }
      this.#nodes[child]!.begins.push(p)
      at = child
    }
    this.#nodes[at]!.ends = p
  }

  #next(node: number, token: number): number {
    for (let at = node; at >= 0; at = this.#nodes[at]!.fallback) {
      const child = this.#nodes[at]!.children.get(token)
      if (child !== undefined) return child
    }
    return 0
  }

  /** The node and all it falls back to, the root at last. */
  #endings(node: number): TrieNode[] {
    const nodes: TrieNode[] = []
    for (let at = node; at >= 0; at = this.#nodes[at]!.fallback) nodes.push(this.#nodes[at]!)
    return nodes
  }
}
