import fs from 'node:fs'
import path from 'node:path'
import { Random, readSafetensors, tf, toFloat32, writeError, writeFileAtomic, writeSafetensors } from '@parlance/runtime'
import { readVariables } from '../training/checkpoint.js'
import { readJson } from '../files.js'
import type { Module } from '../module.js'
import { LowRankAdapters } from './low-rank-adapters.js'

const CONFIG = 'adapter_config.json'
const WEIGHTS = 'adapter_model.safetensors'
const PREFIX = 'base_model.model.'
const NAME = /^base_model\.model\.(.+)\.lora_([AB])\.weight$/

/**
 * Writes the adapters alone, as Hugging Face's PEFT does: `adapter_config.json`, and `adapter_model.safetensors` with
 * `base_model.model.LAYER.lora_A.weight` (rank, inputs) and `….lora_B.weight` (outputs, rank).
 *
 * @throws Error, one line, when the folder cannot be written
 */
export async function saveAdapters(adapters: LowRankAdapters, folder: string): Promise<void> {
  const variables = new Map<string, tf.Variable>()
  for (const [name, { down, up }] of adapters.layers()) {
    variables.set(`${PREFIX}${name}.lora_A.weight`, down).set(`${PREFIX}${name}.lora_B.weight`, up)
  }
  const { rank, alpha, dropout } = adapters.settings
  const config = {
    peft_type: 'LORA',
    r: rank,
    lora_alpha: alpha,
    lora_dropout: dropout,
    target_modules: [...adapters.layers().keys()],
    bias: 'none',
  }
  try {
    fs.mkdirSync(folder, { recursive: true })
  } catch (error) {
    throw writeError(folder, error)
  }
  writeSafetensors(path.join(folder, WEIGHTS), await readVariables(variables), { format: 'pt' })
  writeFileAtomic(path.join(folder, CONFIG), `${JSON.stringify(config, null, 2)}\n`)
}

/**
 * Attaches the adapters of a folder to `model`, whose layers have the names that the file gives.
 *
 * @throws Error, one line, when a file is missing or damaged, of a kind that is not supported, or of another model
 */
export function loadAdapters(model: Module, folder: string): LowRankAdapters {
  const settings = readConfig(path.join(folder, CONFIG))
  const file = path.join(folder, WEIGHTS)
  const { tensors } = readSafetensors(file)
  const names = new Set<string>()
  for (const name of tensors.keys()) {
    const layer = NAME.exec(name)?.[1]
    if (layer === undefined) throw new Error(`${file}: ${name} is not the name of an adapter's weight (${PREFIX}LAYER.lora_A.weight).`)
    names.add(layer)
  }
  const adapters = new LowRankAdapters(model, {
    ...settings,
    layers: (name) => names.has(name),
    random: new Random(0, 'adapters'), // every value is set below
  })
  const wanted = new Map<string, tf.Variable>()
  for (const [name, { down, up }] of adapters.layers()) {
    wanted.set(`${PREFIX}${name}.lora_A.weight`, down).set(`${PREFIX}${name}.lora_B.weight`, up)
  }
  const problem = firstProblem(tensors, wanted)
  if (problem !== undefined) {
    adapters.detach()
    throw new Error(`${file}: ${problem}: the adapters are of another model.`)
  }
  for (const [name, variable] of wanted) {
    const tensor = tensors.get(name)
    if (tensor) tf.tidy(() => variable.assign(tf.tensor(toFloat32(tensor), variable.shape)))
  }
  return adapters
}

function firstProblem(
  tensors: ReadonlyMap<string, { shape: readonly number[] }>,
  wanted: ReadonlyMap<string, tf.Variable>,
): string | undefined {
  for (const name of tensors.keys()) if (!wanted.has(name)) return `the model has no layer for ${name}`
  for (const [name, { shape }] of wanted) {
    const tensor = tensors.get(name)
    if (!tensor) return `${name} is missing`
    if (tensor.shape.join() !== shape.join()) {
      return `${name} has shape [${tensor.shape.join(', ')}], the model and the rank need [${shape.join(', ')}]`
    }
  }
  return undefined
}

function readConfig(file: string): { rank: number; alpha: number; dropout: number } {
  const config = readJson(file) as Record<string, unknown> | null
  if (typeof config !== 'object' || config === null || config.peft_type !== 'LORA') {
    throw new Error(`${file}: is not the config of low-rank adapters (peft_type must be LORA).`)
  }
  for (const name of ['use_rslora', 'use_dora', 'fan_in_fan_out', 'rank_pattern', 'alpha_pattern']) {
    const value = config[name]
    if (value && (typeof value !== 'object' || Object.keys(value).length > 0)) {
      throw new Error(`${file}: adapters with ${name} are not supported.`)
    }
  }
  const { r: rank, lora_alpha: alpha, lora_dropout: dropout = 0 } = config
  if (typeof rank !== 'number' || typeof alpha !== 'number' || typeof dropout !== 'number') {
    throw new Error(`${file}: r, lora_alpha and lora_dropout must be numbers: the file is damaged.`)
  }
  return { rank, alpha, dropout }
}
