/** word2vec as the papers state it, in float64 and one number at a time: what the kernel is compared with. */

export type Rows = number[][]

const dot = (a: readonly number[], b: readonly number[]) => a.reduce((sum, value, d) => sum + value * b[d]!, 0)
const sigmoid = (x: number) => 1 / (1 + Math.exp(-x))

/** −Σ log σ(±x) over all inputs and outputs. */
export function blockLoss(inputs: Rows, outputs: Rows, labels: readonly number[]): number {
  return inputs.reduce(
    (sum, input) => sum + outputs.reduce((of, output, t) => of + Math.log1p(Math.exp((1 - 2 * labels[t]!) * dot(input, output))), 0),
    0,
  )
}

/** What inputs and outputs move by in a step down that loss, all from the values before. */
export function blockChanges(inputs: Rows, outputs: Rows, labels: readonly number[], rate: number): { inputs: Rows; outputs: Rows } {
  const g = inputs.map((input) => outputs.map((output, t) => rate * (labels[t]! - sigmoid(dot(input, output)))))
  const combine = (rows: Rows, weight: (row: number) => number) => rows[0]!.map((_, d) => rows.reduce((sum, row, r) => sum + weight(r) * row[d]!, 0))
  return {
    inputs: inputs.map((_, i) => combine(outputs, (t) => g[i]![t]!)),
    outputs: outputs.map((_, t) => combine(inputs, (i) => g[i]![t]!)),
  }
}

/** The kernel's random numbers, in exact integers. */
export class ReferenceRandom {
  private state: bigint

  constructor(seed: bigint) {
    const mask = (value: bigint) => BigInt.asUintN(64, value)
    let z = mask(seed + 0x9e3779b97f4a7c15n)
    z = mask((z ^ (z >> 30n)) * 0xbf58476d1ce4e5b9n)
    z = mask((z ^ (z >> 27n)) * 0x94d049bb133111ebn)
    this.state = z ^ (z >> 31n)
  }

  bits(): number {
    this.state = BigInt.asUintN(64, this.state * 6364136223846793005n + 1442695040888963407n)
    return Number(this.state >> 32n)
  }

  below(limit: number): number {
    return Number((BigInt(this.bits()) * BigInt(limit)) >> 32n)
  }
}

export interface ReferenceModel {
  input: Rows
  output: Rows
  /** Input rows of each word. */
  rowsOf: (word: number) => readonly number[]
  /** Outputs and labels that tell a word apart; draws what it draws from `random`. */
  targetsOf: (word: number, random: ReferenceRandom) => { rows: number[]; labels: number[] }
  cbow: boolean
  subwords: boolean
  window: number
  rate: number
  /** uint32 by word. */
  keep: ArrayLike<number>
}

/** Trains on sentences of words, as the kernel should; gives the sum of losses and the number of examples. */
export function referenceTrain(model: ReferenceModel, sentences: readonly (readonly number[])[], seed: bigint): { loss: number; examples: number } {
  const { input, output, window, rate } = model
  const random = new ReferenceRandom(seed)
  const total = { loss: 0, examples: 0 }
  const move = (rows: Rows, index: number, by: readonly number[]) => {
    rows[index] = rows[index]!.map((value, d) => value + by[d]!)
  }
  const step = (bags: readonly (readonly number[])[], targets: { rows: number[]; labels: number[] }) => {
    const means = bags.map((bag) => input[0]!.map((_, d) => bag.reduce((sum, row) => sum + input[row]![d]!, 0) / bag.length))
    const rows = targets.rows.map((row) => output[row]!)
    total.loss += blockLoss(means, rows, targets.labels)
    const changes = blockChanges(means, rows, targets.labels, rate)
    for (const [i, bag] of bags.entries()) for (const row of bag) move(input, row, changes.inputs[i]!)
    for (const [t, row] of targets.rows.entries()) move(output, row, changes.outputs[t]!)
  }
  for (const sentence of sentences) {
    const kept = sentence.filter((word) => random.bits() <= model.keep[word]!)
    for (const [position, word] of kept.entries()) {
      const reach = window - random.below(window)
      const contexts = kept.filter((_, c) => c !== position && Math.abs(c - position) <= reach)
      if (contexts.length === 0) continue
      total.examples += model.cbow ? 1 : contexts.length
      if (model.cbow) step([contexts.flatMap((context) => model.rowsOf(context))], model.targetsOf(word, random))
      else if (model.subwords) {
        const targets = contexts.map((context) => model.targetsOf(context, random))
        step([model.rowsOf(word)], { rows: targets.flatMap(({ rows }) => rows), labels: targets.flatMap(({ labels }) => labels) })
      } else step(contexts.map((context) => model.rowsOf(context)), model.targetsOf(word, random))
    }
  }
  return total
}
