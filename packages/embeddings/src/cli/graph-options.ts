import { type Command, Option } from 'commander'
import { z } from 'zod'
import { graphTrainingSchema } from '../graph/config.js'
import { wholeNumber } from './numbers.js'

/** Where and with how many threads graphs are computed. */
export interface DeviceFlags {
  readonly device: 'auto' | 'cpu'
  readonly threads?: number
}

export interface GraphTrainFlags extends DeviceFlags {
  readonly train: string
  readonly valid?: string
  readonly test?: string
  readonly output: string
  readonly config?: string
  readonly resume?: true
  readonly json?: true
}

export interface GraphEvaluateFlags extends DeviceFlags {
  readonly model: string
  readonly triples: string
  readonly filter: readonly string[]
  readonly perRelation?: true
  readonly json?: true
}

const TRAIN_EXAMPLES = `
Examples:
  parlance-embed graph train --train train.txt.gz --valid valid.txt.gz --test test.txt -o complex --penalty n3 --penalty-strength 0.05
  parlance-embed graph train --train train.txt -o rotate --model rotate --training-type negative-sampling --norm 1 --loss logistic --margin 9 --adversarial 1
  parlance-embed graph train --train train.txt --valid valid.txt -o complex --resume`

const EVALUATE_EXAMPLES = `
Examples:
  parlance-embed graph evaluate -m complex --triples test.txt --filter train.txt.gz --filter valid.txt.gz --per-relation
  parlance-embed graph evaluate -m complex --triples test.txt --json                # raw ranks`

function addDeviceOptions(command: Command): Command {
  return command
    .addOption(new Option('--device <name>', 'what computes').choices(['auto', 'cpu']).default('auto'))
    .option('--threads <n>', 'default: the processors that there are', wholeNumber(1))
    .option('--json', 'write an object')
}

export function addGraphTrainOptions(command: Command): Command {
  command
    .description('Learn vectors of a knowledge graph: a line is head, relation and tail, with tabs between; gzip is unpacked.')
    .requiredOption('--train <file>', 'triples to learn from')
    .option('--valid <file>', 'triples that decide which model is best')
    .option('--test <file>', 'triples to measure the best model on; their entities become candidates')
    .option('-o, --output <dir>', 'where the model goes', 'graph')
    .option('--config <file>', 'training settings as JSON, the names as in the config.json that a run writes; flags go before')
    .option('--resume', 'go on from the checkpoint in the folder')
  for (const [name, property] of trainingFields()) addField(command, name, property)
  return addDeviceOptions(command).addHelpText('after', TRAIN_EXAMPLES)
}

export function addGraphEvaluateOptions(command: Command): Command {
  command
    .description('Rank the heads and tails of triples among all entities.')
    .requiredOption('-m, --model <dir>', 'what graph train wrote')
    .requiredOption('--triples <file>', 'triples to rank')
    .addOption(
      new Option('--filter <file>', 'known triples, left out of the ranks of others together with the ranked ones; may be repeated')
        .argParser((value: string, before: string[]) => [...before, value])
        .default([], 'none: raw ranks'),
    )
    .option('--per-relation', 'figures of each relation too')
  return addDeviceOptions(command).addHelpText('after', EVALUATE_EXAMPLES)
}

type Property = z.core.JSONSchema.JSONSchema

/** The settings of training by name, as JSON schema. */
export function trainingFields(): [string, Property][] {
  return Object.entries(z.toJSONSchema(graphTrainingSchema, { io: 'input' }).properties ?? {}) as [string, Property][]
}

/** A flag for a setting. Defaults are shown, not set: a config file or a resumed run comes before them. */
function addField(command: Command, name: string, { type, enum: choices, anyOf, default: value, description = '' }: Property): void {
  const flag = `--${name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`
  const text = value === undefined ? description : `${description} (default: ${String(value)})`
  if (type === 'boolean') {
    command.option(flag, text).option(flag.replace('--', '--no-'), 'not that')
    return
  }
  const option = new Option(`${flag} <${choices ? 'name' : 'n'}>`, text)
  if (choices) option.choices(choices as string[])
  else if (type !== 'string' || anyOf) option.argParser(Number)
  command.addOption(option)
}
