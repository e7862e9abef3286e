import { type ConfigField, parseTrainingConfig, trainingConfigFields, type TrainingOptions } from '@parlance/asr'
import { readJson, UsageError } from '@parlance/nn/command-line'
import type { Command } from 'commander'

export interface TrainFlags {
  data: string
  valid?: string
  output: string
  config?: string
  tokenizer?: string
  init?: string
  lexicon?: string
  resume?: true
  device: 'auto' | 'cpu'
  json?: true
}

/** Gives `command` a flag for every setting of a training run. */
export function addConfigFlags(command: Command): Command {
  for (const field of trainingConfigFields()) {
    const fallback = field.default === undefined ? 'none' : [field.default].flat().join(',')
    command.option(`--${flagName(field)} <value>`, `${field.description} (default: ${fallback})`)
  }
  return command
}

/**
 * `parlance-transcribe train`: settings from the config file, overridden by flags, then the training.
 *
 * @param flags all flags of the command by commander's names, those of `addConfigFlags` among them
 */
export async function train(flags: TrainFlags & Readonly<Record<string, unknown>>): Promise<void> {
  const config = readConfig(flags)
  const { trainRecognizer } = await import('@parlance/asr/training')
  const { data, valid, output, tokenizer, init, lexicon, resume = false, device, json } = flags
  const result = await trainRecognizer({
    data, output, resume, device, config, ...(valid === undefined ? {} : { valid }), ...(tokenizer === undefined ? {} : { tokenizer }),
    ...(init === undefined ? {} : { init }), ...(lexicon === undefined ? {} : { lexicon }),
  })
  if (result.leftOut.length > 0) {
    process.stderr.write(`Left out, shorter than their transcripts: ${result.leftOut.join(', ')}.\n`)
  }
  if (json) process.stdout.write(`${JSON.stringify(result, null, 2)}\n`)
  else process.stderr.write(`The model is in ${output}; ${output}/report.html shows the run.\n`)
}

function readConfig(flags: TrainFlags & Readonly<Record<string, unknown>>): TrainingOptions {
  const json = flags.config === undefined ? {} : readJson(flags.config)
  const config = parseable(json, flags.config)
  if (flags.config !== undefined) parseTrainingConfig(config, flags.config)
  for (const field of trainingConfigFields()) {
    const text = flags[camelCase(flagName(field))]
    if (typeof text === 'string') assign(config, field.path, valueOf(field, text))
  }
  parseTrainingConfig(config, 'the command line')
  return config
}

function parseable(json: unknown, file: string | undefined): Record<string, unknown> {
  if (typeof json === 'object' && json !== null && !Array.isArray(json)) return json as Record<string, unknown>
  throw new UsageError(`${file}: a training config must be a JSON object.`)
}

/** What cannot be read stays text, which the schema refuses with the field's name. */
function valueOf({ type }: ConfigField, text: string): unknown {
  const number = (part: string): unknown => (part.trim() === '' || Number.isNaN(Number(part)) ? part : Number(part))
  if (type === 'number') return number(text)
  if (type === 'numbers') return text.split(',').map(number)
  if (type === 'boolean') return text === 'true' ? true : text === 'false' ? false : text
  return text
}

function assign(config: Record<string, unknown>, path: readonly string[], value: unknown): void {
  const [name, ...rest] = path as [string, ...string[]]
  if (rest.length === 0) config[name] = value
  else assign((config[name] ??= {}) as Record<string, unknown>, rest, value)
}

/** learningRate → learning-rate; the type of a part is called as the part: encoder.type → encoder */
function flagName({ path }: ConfigField): string {
  const name = path.at(-1) === 'type' ? path.at(-2) : path.at(-1)
  return (name as string).replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
}

function camelCase(flag: string): string {
  return flag.replaceAll(/-([a-z])/g, (_, letter: string) => letter.toUpperCase())
}
