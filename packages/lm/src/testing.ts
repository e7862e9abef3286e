import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Random, useDevice } from '@parlance/runtime'
import { CharTokenizer } from '@parlance/tokenizer'
import { type TrainingConfig, trainingSchema } from './config.js'
import { tokenize } from './text.js'
import { type TrainLanguageModelOptions } from './train-language-model.js'

/** Makes ready the device that this package's tests compute on. */
export async function useTestDevice(): Promise<void> {
  await useDevice('cpu', { threads: 1 })
}

/** Sentences whose subject decides their end, one a line. */
export function exampleText(sentences: number, seed = 1): string {
  const random = new Random(seed, 'text')
  const pick = (words: readonly string[]) => words[random.integer(words.length)] as string
  const lines = Array.from({ length: sentences }, () => {
    const animal = pick(['cat', 'dog', 'cow'])
    const sound = { cat: 'purrs', dog: 'barks', cow: 'moos' }[animal]
    return `the ${pick(['big', 'old', 'red'])} ${animal} ${sound}\n`
  })
  return lines.join('')
}

/** Makes a folder and gives what removes it. */
export function temporaryFolder(): { folder: string; remove: () => void } {
  const folder = mkdtempSync(join(tmpdir(), 'lm-'))
  return { folder, remove: () => rmSync(folder, { recursive: true }) }
}

/** A stream that keeps what is written to it. */
function listener(): { stream: NodeJS.WriteStream; text: () => string } {
  let text = ''
  const stream = { isTTY: false, write: (part: string) => (text += part) } as unknown as NodeJS.WriteStream
  return { stream, text: () => text }
}

/** A small training run on the example text. */
export function exampleRun(folder: string, training: Partial<TrainingConfig> = {}): TrainLanguageModelOptions {
  const text = exampleText(200)
  const tokenizer = CharTokenizer.fromText(text)
  const small = { layers: 2, width: 16, context: 8, batch: 4, maxSteps: 40, warmupSteps: 4, learningRate: 0.02, minLearningRate: 0.002 }
  const heads = training.model === 'lstm' ? {} : { heads: 2 }
  return {
    folder,
    training: trainingSchema.parse({ ...small, ...heads, seed: 3, logEvery: 1, evaluateEvery: 20, checkpointEvery: 10, ...training }),
    tokenizer,
    corpus: tokenize(text, tokenizer),
    validation: tokenize(exampleText(20, 2), tokenizer),
    progress: listener().stream,
  }
}
