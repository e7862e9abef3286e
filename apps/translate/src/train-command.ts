import { parseConfig, readJson, UsageError } from '@parlance/nn/command-line'
import { trainingConfigSchema, type TrainingConfig } from '@parlance/translation'
import { configValues } from './config-flags.js'
import { checkDevice } from './search-flags.js'

export interface TrainFlags extends Readonly<Record<string, unknown>> {
  data: string[]
  valid: string[]
  output: string
  config?: string
  synthetic?: string[]
  init?: string
  teacher?: string
  tokenizer?: string
  resume?: true
  device: 'auto' | 'cpu'
  threads?: number
  json?: true
}

/** The config of the file, if there is one, with the flags over it. */
function trainingConfig(flags: TrainFlags): TrainingConfig {
  const fromFile = flags.config === undefined ? {} : readJson(flags.config)
  if (flags.config !== undefined) parseConfig(trainingConfigSchema, fromFile, flags.config)
  const config = parseConfig(trainingConfigSchema, { ...(fromFile as object), ...configValues(flags) }, 'the command line')
  if (config.maxSteps === undefined && config.maxMinutes === undefined) {
    throw new UsageError('Training needs an end: give --max-steps, --max-minutes or both.')
  }
  return config
}

export async function trainCommand(flags: TrainFlags): Promise<void> {
  const { data, valid, synthetic, init, teacher, tokenizer, output, resume, device, threads, json } = flags
  const config = trainingConfig(flags)
  checkDevice(device, threads)
  // TF.js takes a while to load: wrong usage is told before.
  const [{ useDevice }, { trainTranslator }] = await Promise.all([import('@parlance/runtime'), import('@parlance/translation/training')])
  await useDevice(device, threads === undefined ? {} : { threads })
  const { step, seconds, reason, best } = await trainTranslator({
    files: { train: data, valid, synthetic, tokenizer },
    ...(init !== undefined && { init }),
    ...(teacher !== undefined && { teacher }),
    output,
    config,
    resume: resume ?? false,
    ...(threads === undefined ? {} : { threads }),
  })
  if (json) {
    const found = { metric: config.metric, [config.metric]: best?.value ?? null, bestStep: best?.step ?? null }
    process.stdout.write(`${JSON.stringify({ output, step, seconds, reason, ...found })}\n`)
    return
  }
  const name = { bleu: 'BLEU', chrf: 'chrF', loss: 'loss' }[config.metric]
  const score = best ? `validation ${name} ${best.value.toFixed(2)} at step ${best.step}` : 'not evaluated'
  process.stdout.write(`${output}: ${step} steps in ${Math.round(seconds)} s, ${score}.\n`)
}
