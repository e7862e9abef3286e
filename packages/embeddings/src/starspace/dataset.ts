import { EmbeddingError } from '../errors.js'
import { GrowingUint32 } from '../memory/growing-uint32.js'
import type { Texts } from '../text/read-texts.js'
import { LABEL, noExamples, type Parts, readExamples, TASK_KINDS, type TaskKind } from './examples.js'
import type { Features } from './features.js'

/** What is learnt from, a file or several of each kind; all share one space, and what has one name has one vector. */
export type StarSpaceTexts = Partial<Readonly<Record<TaskKind, Texts>>>

/** Names that occur, with their counts. */
export interface NameCounts {
  readonly words: readonly string[]
  /** Labels begin with `__label__`, pages do not. */
  readonly labels: readonly string[]
}

/** Examples as numbers of names. */
interface Tokens {
  readonly kind: TaskKind
  /** Where the parts of each example begin, and the tokens of each part. */
  readonly examples: GrowingUint32
  readonly parts: GrowingUint32
  readonly tokens: GrowingUint32
}

/** Examples of all kinds, read once and held as numbers. */
export class StarSpaceDataset {
  private readonly index = new Map<string, number>()
  private readonly counts: number[] = []
  private readonly areLabels: boolean[] = []
  private readonly tasks: Tokens[] = []

  private constructor() {}

  /** @throws EmbeddingError for a file without examples, or none at all; what the texts throw */
  static async read(texts: StarSpaceTexts): Promise<StarSpaceDataset> {
    const dataset = new StarSpaceDataset()
    for (const kind of TASK_KINDS) {
      if (!texts[kind]) continue
      const task = { kind, examples: new GrowingUint32(), parts: new GrowingUint32(), tokens: new GrowingUint32() }
      for await (const parts of readExamples(texts[kind], kind)) dataset.add(task, parts)
      if (task.examples.length === 0) throw noExamples(kind)
      dataset.tasks.push(task)
    }
    if (dataset.tasks.length === 0) throw new EmbeddingError(`Name something to learn from: ${TASK_KINDS.join(', ')}.`)
    return dataset
  }

  private add({ kind, examples, parts, tokens }: Tokens, example: Parts): void {
    examples.push(parts.length)
    for (const [p, part] of example.entries()) {
      parts.push(tokens.length)
      const isLabel = kind === 'pages' || (kind === 'tags' && p > 0)
      for (const word of part) tokens.push(this.count(word, isLabel))
    }
  }

  private count(name: string, isLabel: boolean): number {
    let token = this.index.get(name)
    if (token === undefined) {
      token = this.counts.length
      this.index.set(name, token)
      this.counts.push(0)
      this.areLabels.push(false)
    }
    this.counts[token]! += 1
    if (isLabel) this.areLabels[token] = true
    return token
  }

  /** The names that are frequent enough, most frequent first. */
  frequent({ minCount, minCountLabel }: { minCount: number; minCountLabel: number }): NameCounts {
    const { counts, areLabels } = this
    const entries = [...this.index].filter(([, token]) => counts[token]! >= (areLabels[token] ? minCountLabel : minCount))
    entries.sort(([, a], [, b]) => counts[b]! - counts[a]! || a - b)
    const of = (labels: boolean) => entries.filter(([, token]) => areLabels[token] === labels).map(([name]) => name)
    return { words: of(false), labels: of(true) }
  }

  /**
   * Examples as rows of features. What has no row is left out, and examples that are left without two sides.
   *
   * @param negatives a task with no more labels than these and one lists them all
   */
  arrange(features: Features, negatives: number): ArrangedExamples {
    const names = [...this.index.keys()]
    const arranged = new Arranged(negatives)
    for (const { kind, examples, parts, tokens } of this.tasks) {
      arranged.begin(kind)
      const partEnd = (p: number) => (p + 1 < parts.length ? parts.at(p + 1) : tokens.length)
      for (let e = 0; e < examples.length; e++) {
        const end = e + 1 < examples.length ? examples.at(e + 1) : parts.length
        const example: number[][] = []
        for (let p = examples.at(e); p < end; p++) {
          const words: string[] = []
          for (let t = parts.at(p); t < partEnd(p); t++) words.push(names[tokens.at(t)]!)
          const isBag = kind === 'sentences' || (kind === 'tags' && p === examples.at(e))
          example.push(isBag ? features.of(words) : words.map((word) => features.rowOf(word)).filter((row) => row !== undefined))
        }
        arranged.add(example)
      }
      arranged.end()
    }
    return arranged.result()
  }
}

/** Where the examples of a task lie, and its labels where all of them are the negatives. */
interface ArrangedTask {
  readonly kind: TaskKind
  readonly firstExample: number
  readonly exampleCount: number
  readonly labels: readonly number[]
}

export interface ArrangedExamples {
  readonly tasks: readonly ArrangedTask[]
  /** (examples) */
  readonly exampleTasks: Uint32Array
  /** (examples + 1), (parts + 1), (features): see `assembly/starspace-settings.ts`. */
  readonly exampleParts: Uint32Array
  readonly partFeatures: Uint32Array
  readonly features: Uint32Array
  /** Features of one example. */
  readonly longest: number
}

/** Collects examples task by task. */
class Arranged {
  private readonly tasks: ArrangedTask[] = []
  private readonly exampleTasks = new GrowingUint32()
  private readonly exampleParts = new GrowingUint32()
  private readonly partFeatures = new GrowingUint32()
  private readonly rows = new GrowingUint32()
  private kind: TaskKind = 'tags'
  private labels = new Set<number>()
  private first = 0
  private longest = 1

  constructor(private readonly negatives: number) {}

  begin(kind: TaskKind): void {
    this.kind = kind
    this.labels = new Set()
    this.first = this.exampleParts.length
  }

  add(parts: readonly (readonly number[])[]): void {
    if (this.kind === 'tags' && parts[0]!.length === 0) return
    const whole = parts.filter((part) => part.length > 0)
    if (whole.length < 2) return
    this.exampleParts.push(this.partFeatures.length)
    this.exampleTasks.push(this.tasks.length)
    let size = 0
    for (const [p, part] of whole.entries()) {
      this.partFeatures.push(this.rows.length)
      for (const row of part) this.rows.push(row)
      size += part.length
      if (this.kind === 'tags' && p > 0) this.labels.add(part[0]!)
    }
    this.longest = Math.max(this.longest, size)
  }

  end(): void {
    const exampleCount = this.exampleParts.length - this.first
    if (exampleCount === 0) throw new EmbeddingError(`No example of the ${this.kind} is left with two sides: lower the minimum counts.`)
    const all = this.kind === 'tags' && this.labels.size <= this.negatives + 1
    this.tasks.push({ kind: this.kind, firstExample: this.first, exampleCount, labels: all ? [...this.labels] : [] })
  }

  result(): ArrangedExamples {
    this.exampleParts.push(this.partFeatures.length)
    for (const row of this.tasks.flatMap(({ labels }) => labels)) {
      this.partFeatures.push(this.rows.length)
      this.rows.push(row)
    }
    this.partFeatures.push(this.rows.length)
    const { tasks, longest } = this
    return {
      tasks,
      exampleTasks: this.exampleTasks.values(),
      exampleParts: this.exampleParts.values(),
      partFeatures: this.partFeatures.values(),
      features: this.rows.values(),
      longest,
    }
  }
}

/** Whether a name is a label of a text, not a page. */
export function isTag(name: string): boolean {
  return name.startsWith(LABEL)
}
