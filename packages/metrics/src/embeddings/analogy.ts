import { MetricError } from '../error.js'
import { unitRows, type VectorTable } from './vectors.js'

/** a is to b as c is to d. */
export type AnalogyQuestion = readonly [a: string, b: string, c: string, d: string]

export interface AnalogySection {
  readonly name: string
  readonly questions: readonly AnalogyQuestion[]
}

/**
 * Reads analogy questions as word2vec's `questions-words.txt` has them: lines `: section`, then four words a line.
 *
 * @throws MetricError that names the line
 */
export function parseAnalogies(text: string, name = 'analogies'): AnalogySection[] {
  const sections: { name: string; questions: AnalogyQuestion[] }[] = []
  for (const [i, line] of text.split(/\r?\n/).entries()) {
    const words = line.trim().split(/\s+/)
    if (line.trim() === '') continue
    if (words[0] === ':') {
      sections.push({ name: words.slice(1).join(' '), questions: [] })
      continue
    }
    if (words.length !== 4) throw new MetricError(`${name}, line ${i + 1}: expected four words or ": section", got ${JSON.stringify(line)}`)
    if (sections.length === 0) sections.push({ name: 'all', questions: [] })
    sections.at(-1)!.questions.push(words as unknown as AnalogyQuestion)
  }
  if (!sections.some(({ questions }) => questions.length > 0)) throw new MetricError(`${name}: holds no questions`)
  return sections
}

export interface AnalogyOptions {
  /**
   * `3cosadd`: the word whose cosine with b − a + c is largest (Mikolov, Yih and Zweig 2013). `3cosmul`: cos(d, b) cos(d, c)
   * / (cos(d, a) + 0.001), cosines moved to [0, 1] (Levy and Goldberg 2014, equation 5). Default 3cosadd.
   */
  readonly method?: '3cosadd' | '3cosmul'
  /**
   * Questions are asked, and answers looked for, among so many first words, which are taken to be the most frequent.
   * Default 30000, as word2vec's scripts have it.
   */
  readonly restrict?: number
  /** Lower-case the questions first. Default false. */
  readonly lowerCase?: boolean
}

export interface AnalogyCounts {
  readonly questions: number
  /** Questions whose four words are among the words looked at; the others are left out. */
  readonly covered: number
  readonly correct: number
  /** Correct of covered; NaN where none is covered. */
  readonly accuracy: number
}

export interface AnalogyAccuracy extends AnalogyCounts {
  readonly sections: readonly (AnalogyCounts & { readonly name: string })[]
  /** Sections whose names do not begin with "gram", and those whose do. */
  readonly semantic: AnalogyCounts
  readonly syntactic: AnalogyCounts
  /** The conventions: `3cosadd|restrict:30000|case:as-is|excluding a, b, c`. */
  readonly signature: string
}

/** Cosines of words with all words looked at, kept while the same words are asked about again. */
class Cosines {
  private readonly units: Float32Array
  private readonly known = new Map<number, Float32Array>()

  constructor(
    private readonly table: VectorTable,
    private readonly count: number,
  ) {
    this.units = unitRows(table, count)
  }

  /** (count) */
  of(word: number): Float32Array {
    const known = this.known.get(word)
    if (known) return known
    if (this.known.size >= MOST_KNOWN) this.known.clear()
    const { units, count } = this
    const { width } = this.table
    const cosines = new Float32Array(count)
    const from = word * width
    for (let i = 0, at = 0; i < count; i++) {
      let sum = 0
      for (let d = 0; d < width; d++, at++) sum += units[from + d]! * units[at]!
      cosines[i] = sum
    }
    this.known.set(word, cosines)
    return cosines
  }
}

const MOST_KNOWN = 2000
const EPSILON = 0.001

/** Scores of all words as d, higher is better: of cosines with a, b and c. */
const methods = {
  '3cosadd': (a: number, b: number, c: number) => b - a + c,
  '3cosmul': (a: number, b: number, c: number) => ((b + 1) * (c + 1)) / (2 * (a + 1) + 4 * EPSILON),
}

function total(counts: readonly AnalogyCounts[]): AnalogyCounts {
  const sum = (of: (each: AnalogyCounts) => number) => counts.reduce((all, each) => all + of(each), 0)
  const [covered, correct] = [sum((each) => each.covered), sum((each) => each.correct)]
  return { questions: sum((each) => each.questions), covered, correct, accuracy: correct / covered }
}

/**
 * How many analogies word vectors complete. a, b and c themselves are never the answer.
 *
 * @throws MetricError for a restriction that is not a positive whole number
 */
export function analogyAccuracy(table: VectorTable, sections: readonly AnalogySection[], options: AnalogyOptions = {}): AnalogyAccuracy {
  const { method = '3cosadd', restrict = 30_000, lowerCase = false } = options
  if (!Number.isInteger(restrict) || restrict < 1) throw new MetricError(`restrict must be a positive whole number, got ${restrict}`)
  const count = Math.min(restrict, table.words.length)
  const index = new Map(table.words.slice(0, count).map((word, i) => [word, i]))
  const cosines = new Cosines(table, count)
  const score = methods[method]
  const answer = (a: number, b: number, c: number): number => {
    const [ofA, ofB, ofC] = [cosines.of(a), cosines.of(b), cosines.of(c)]
    let [best, most] = [-1, -Infinity]
    for (let d = 0; d < count; d++) {
      const value = score(ofA[d]!, ofB[d]!, ofC[d]!)
      if (value > most && d !== a && d !== b && d !== c) [best, most] = [d, value]
    }
    return best
  }
  const counted = sections.map(({ name, questions }) => {
    let [covered, correct] = [0, 0]
    for (const question of questions) {
      const [a, b, c, d] = question.map((word) => index.get(lowerCase ? word.toLowerCase() : word))
      if (a === undefined || b === undefined || c === undefined || d === undefined) continue
      covered++
      if (answer(a, b, c) === d) correct++
    }
    return { name, questions: questions.length, covered, correct, accuracy: correct / covered }
  })
  const isSyntactic = ({ name }: { name: string }) => name.startsWith('gram')
  return {
    ...total(counted),
    sections: counted,
    semantic: total(counted.filter((section) => !isSyntactic(section))),
    syntactic: total(counted.filter(isSyntactic)),
    signature: `${method}|restrict:${restrict}|case:${lowerCase ? 'lower' : 'as-is'}|excluding a, b, c`,
  }
}
