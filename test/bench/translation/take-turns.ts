import { availableParallelism } from 'node:os'
import { parseArgs, type ParseArgsConfig } from 'node:util'
import { type Pair, readPairs, spread } from '@parlance/translation'
import { Peer } from '../peer.js'
import type { Answer, Question, Setup } from '../peers/translate.js'
import { median } from '../timing.js'

export interface Settings {
  model: string
  pairs: Pair[]
  cores: number
  rounds: number
  batchSizes: number[]
}

const OPTIONS: NonNullable<ParseArgsConfig['options']> = {
  model: { type: 'string' },
  data: { type: 'string', multiple: true },
  sentences: { type: 'string', default: '500' },
  cores: { type: 'string', default: String(availableParallelism()) },
  rounds: { type: 'string', default: '5' },
  batch: { type: 'string', multiple: true, default: ['1', '32'] },
}

/** The arguments that the benchmarks of translation share, and `further` ones of text. */
export function readSettings(further: readonly string[] = []): Settings & { further: Record<string, string | undefined> } {
  const options = { ...OPTIONS, ...Object.fromEntries(further.map((name) => [name, { type: 'string' as const }])) }
  const { values } = parseArgs({ options }) as { values: Record<string, string | string[] | undefined> }
  const { model, data, sentences, cores, rounds, batch } = values
  if (model === undefined || data === undefined) throw new Error('Name the model folder and pairs to translate: --model DIR --data FILE.')
  return {
    model: model as string,
    pairs: spread(readPairs(data as string[]), Number(sentences)),
    cores: Number(cores),
    rounds: Number(rounds),
    batchSizes: (batch as string[]).map(Number),
    further: values as Record<string, string | undefined>,
  }
}

export type Contender = Omit<Setup, 'lines'> & { name: string }

export interface Result {
  name: string
  answer: Answer
  milliseconds: number
  tokensPerSecond: number
}

/** Each contender in a process of its own, in turns, after a round that warms up; times are medians of the rounds. */
export async function takeTurns(contenders: readonly Contender[], { pairs, rounds }: Settings, question: Question): Promise<Result[]> {
  const lines = pairs.map(({ source }) => source)
  const running = contenders.map(({ name, ...setup }) => ({ name, setup, peer: Peer.node('translate.ts'), answers: [] as Answer[] }))
  try {
    for (const { peer, setup } of running) await peer.ask<boolean>({ ...setup, lines } satisfies Setup)
    for (let round = 0; round <= rounds; round++) {
      for (const { peer, answers } of running) answers.push(await peer.ask<Answer>(question))
    }
  } finally {
    for (const { peer } of running) peer.end()
  }
  return running.map(({ name, answers }) => {
    const [answer] = answers as [Answer]
    const milliseconds = median(answers.slice(1).map((each) => each.milliseconds))
    // Each translation and its end.
    const tokens = answer.tokens.reduce((sum, list) => sum + list.length + 1, 0)
    return { name, answer, milliseconds, tokensPerSecond: (tokens / milliseconds) * 1000 }
  })
}

export function line({ name, milliseconds, tokensPerSecond }: Result): string {
  return `  ${name.padEnd(24)}${tokensPerSecond.toFixed(0).padStart(8)} tokens/s ${milliseconds.toFixed(0).padStart(8)} ms`
}
