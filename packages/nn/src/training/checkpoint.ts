import fs from 'node:fs'
import path from 'node:path'
import {
  readSafetensors,
  syncFolder,
  tf,
  writeError,
  writeFileAtomic,
  writeSafetensors,
  type SafetensorsTensor,
} from '@parlance/runtime'
import { readJson } from '../files.js'
import type { MeasuredStep } from '../schedules/schedule.js'

/** The sums since the last logged step, so that an interrupted interval goes on as if it had not been. */
interface LogWindow {
  lossSum: number
  count: number
  gradientNorms: number
  steps: number
  /** Training seconds at which the window began. */
  since: number
}

/** What the training loop knows besides the parameters and the optimizer's state. */
export interface LoopState {
  /** Updates done. */
  step: number
  /** Wall-clock seconds of training, over all resumes. */
  seconds: number
  best: { step: number; value: number } | null
  evaluationsSinceBest: number
  /** What each evaluation so far measured. */
  evaluations: MeasuredStep[]
  window: LogWindow
  /** What the share of the training that is done is reckoned by until the next checkpoint. */
  pace?: Pace
}

/** A straight line: so many seconds at a step, and so many more with each further one. */
export interface Pace {
  step: number
  seconds: number
  secondsPerStep: number
}

const POINTER = 'checkpoint.json'

/**
 * The values of variables, copied to the host, as they go into a safetensors file.
 *
 * @throws Error for a variable that is neither float32 nor int32.
 */
export async function readVariables(
  variables: ReadonlyMap<string, tf.Variable>,
): Promise<Map<string, SafetensorsTensor>> {
  const tensors = new Map<string, SafetensorsTensor>()
  for (const [name, variable] of variables) {
    const shape = [...variable.shape]
    const data = await variable.data()
    if (variable.dtype === 'float32') tensors.set(name, { dtype: 'F32', shape, data: Float32Array.from(data) })
    else if (variable.dtype === 'int32') tensors.set(name, { dtype: 'I32', shape, data: Int32Array.from(data) })
    else throw new Error(`Variable ${name} of dtype ${variable.dtype} cannot be saved: expected float32 or int32.`)
  }
  return tensors
}

/**
 * Sets variables from a safetensors file; nothing is changed unless all names, dtypes and shapes agree.
 *
 * @throws Error, one line, that lists what does not fit.
 */
function restoreVariables(file: string, variables: ReadonlyMap<string, tf.Variable>): void {
  const { tensors } = readSafetensors(file)
  const problems: string[] = []
  for (const [name, variable] of variables) {
    const tensor = tensors.get(name)
    const wanted = `[${variable.shape.join(', ')}]`
    if (!tensor) problems.push(`${name} ${wanted} is missing`)
    else if (tensor.shape.join() !== variable.shape.join()) {
      problems.push(`${name} has shape [${tensor.shape.join(', ')}], the model needs ${wanted}`)
    } else if (tensor.dtype !== (variable.dtype === 'float32' ? 'F32' : 'I32')) {
      problems.push(`${name} has dtype ${tensor.dtype}, the model needs ${variable.dtype}`)
    }
  }
  for (const name of tensors.keys()) if (!variables.has(name)) problems.push(`the model has no ${name}`)
  if (problems.length > 0) {
    const more = problems.length > 3 ? `; and ${problems.length - 3} more` : ''
    throw new Error(
      `${file}: the checkpoint is of another architecture: ${problems.slice(0, 3).join('; ')}${more}. ` +
        'Resume with the config that the run was started with.',
    )
  }
  for (const [name, variable] of variables) {
    const { data } = tensors.get(name) as SafetensorsTensor
    tf.tidy(() => variable.assign(tf.tensor(data as Float32Array | Int32Array, variable.shape, variable.dtype)))
  }
}

function parseLoopState(file: string): LoopState {
  const state = readJson(file) as Partial<LoopState> | null
  if (typeof state !== 'object' || !Number.isSafeInteger(state?.step) || typeof state?.window !== 'object' || !Array.isArray(state.evaluations)) {
    throw new Error(`${file}: is not the state of a training loop: the checkpoint is damaged.`)
  }
  return state as LoopState
}

/**
 * The checkpoints in a run's `state/`: a folder `step-…` that holds `model.safetensors`, `optimizer.safetensors` and
 * `loop.json`, and `checkpoint.json`, which names that folder. A new one is written whole beside the old one before the
 * name is changed, so that whatever happens one of them is there, its three files from the same step.
 */
export class CheckpointFolder {
  private readonly folder: string

  constructor(runFolder: string) {
    this.folder = path.join(runFolder, 'state')
  }

  private get pointer(): string {
    return path.join(this.folder, POINTER)
  }

  exists(): boolean {
    return fs.existsSync(this.pointer)
  }

  /** Never the folder of the current checkpoint, nor one that a killed run left. */
  private freeName(name: string): string {
    let free = name
    for (let i = 2; fs.existsSync(path.join(this.folder, free)); i++) free = `${name}-${i}`
    return free
  }

  /** @throws Error, one line, when it cannot be written, for example because the disk is full; the old one stays. */
  save(
    parameters: ReadonlyMap<string, SafetensorsTensor>,
    optimizer: ReadonlyMap<string, SafetensorsTensor>,
    loop: LoopState,
  ): void {
    const name = this.freeName(`step-${String(loop.step).padStart(8, '0')}`)
    const temporary = path.join(this.folder, `.${name}.tmp`)
    const target = path.join(this.folder, name)
    try {
      fs.mkdirSync(this.folder, { recursive: true })
      fs.rmSync(temporary, { recursive: true, force: true })
      fs.mkdirSync(temporary)
    } catch (error) {
      throw writeError(temporary, error)
    }
    try {
      writeSafetensors(path.join(temporary, 'model.safetensors'), parameters)
      writeSafetensors(path.join(temporary, 'optimizer.safetensors'), optimizer)
      writeFileAtomic(path.join(temporary, 'loop.json'), `${JSON.stringify(loop, null, 2)}\n`)
    } catch (error) {
      fs.rmSync(temporary, { recursive: true, force: true })
      throw error
    }
    fs.renameSync(temporary, target)
    syncFolder(this.folder)
    writeFileAtomic(this.pointer, `${JSON.stringify({ folder: name })}\n`)
    for (const entry of fs.readdirSync(this.folder)) {
      if (entry !== name && entry !== POINTER) fs.rmSync(path.join(this.folder, entry), { recursive: true, force: true })
    }
  }

  /**
   * Sets the parameters and the optimizer's state from the checkpoint and returns the loop's state.
   *
   * @throws Error, one line, when the checkpoint is damaged or of another architecture; nothing is changed then.
   */
  restore(parameters: ReadonlyMap<string, tf.Variable>, optimizer: ReadonlyMap<string, tf.Variable>): LoopState {
    const name = (readJson(this.pointer) as { folder?: unknown } | null)?.folder
    if (typeof name !== 'string' || !/^step-\d+(-\d+)?$/.test(name)) {
      throw new Error(`${this.pointer}: does not name a checkpoint: it is damaged.`)
    }
    const folder = path.join(this.folder, name)
    const loop = parseLoopState(path.join(folder, 'loop.json'))
    restoreVariables(path.join(folder, 'model.safetensors'), parameters)
    restoreVariables(path.join(folder, 'optimizer.safetensors'), optimizer)
    return loop
  }
}
