/**
 * Times a setting's training step beside PyTorch's and TF.js-wasm's: fresh processes with the same weights, batches and
 * threads, one after the other in every round.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { tf } from '@parlance/runtime'
import { Peer } from '../peer.js'
import type { Trained, TrainingSetup } from '../peers/training.js'
import { writePeerFiles } from './peer-files.js'
import { type Contender, report } from './report.js'
import { ADAMW, type SettingName, settings, type StepSetting } from './settings.js'

interface Options {
  python: string
  device: string
  threads: number
  peers: ReadonlySet<string>
  compile: boolean
}

/** A process that trains, with what it has measured so far. */
interface Running extends Contender {
  process: Peer
  rounds: number
  stepsPerRound: number
}

const help = `Options:
  --python PYTHON    a Python with PyTorch and NumPy (default python3)
  --device DEVICE    of this project's runtime (default cpu); PyTorch then computes on cuda unless it is cpu
  --threads N        default 2
  --peers LIST       of pytorch and wasm, with commas, or none (default: all that can compute the setting)
  --compile          PyTorch's model through torch.compile`

function optionsFrom(args: readonly string[], { wasm }: StepSetting): Options {
  const possible = wasm ? ['pytorch', 'wasm'] : ['pytorch']
  const { values } = parseArgs({
    args: [...args],
    options: {
      python: { type: 'string', default: 'python3' },
      device: { type: 'string', default: 'cpu' },
      threads: { type: 'string', default: '2' },
      peers: { type: 'string', default: possible.join() },
      compile: { type: 'boolean', default: false },
    },
  })
  const peers = new Set(values.peers.split(',').filter((name) => name !== 'none'))
  for (const name of peers) if (!possible.includes(name)) throw new Error(`No peer ${name} computes this setting: use ${possible.join(', ')} or none.`)
  return { ...values, peers, threads: Number(values.threads) }
}

/** What `npm run bench -- SETTING [OPTION…]` does. */
export async function compareSteps(name: SettingName, args = process.argv.slice(2)): Promise<void> {
  if (args.includes('--help')) return console.log(help)
  const setting = settings[name]
  const options = optionsFrom(args, setting)
  const folder = mkdtempSync(join(tmpdir(), `${name}-`))
  const started: Peer[] = []
  const start = (peer: Peer): Peer => {
    started.push(peer)
    return peer
  }
  try {
    const { device, threads } = options
    const contenders: Running[] = []
    const enter = (title: string, process: Peer, { rounds, stepsPerRound }: { rounds: number; stepsPerRound: number }) =>
      contenders.push({ title, process, rounds, stepsPerRound, times: [], losses: [], first: 0, peakBytes: 0 })
    const node = async (kind: string, share: { rounds: number; stepsPerRound: number }) => {
      const peer = start(Peer.node('training.ts'))
      const ready = await peer.ask<{ device: string; threads: number }>({ setting: name, device: kind, threads } satisfies TrainingSetup)
      enter(`${kind === 'tfjs-wasm' ? 'TF.js' : 'Parlance'} (${ready.device === 'tfjs-wasm' ? 'wasm' : ready.device}, threads: ${ready.threads})`, peer, share)
    }
    await node(device, setting)
    if (options.peers.has('pytorch')) {
      // The initial weights, computed where nothing else has to be started.
      await tf.setBackend('cpu')
      const torch = device === 'cpu' ? 'cpu' : 'cuda'
      const peer = start(Peer.python(options.python, 'training.py'))
      const setup = { setting, adamw: ADAMW, device: torch, threads, compile: options.compile, ...writePeerFiles(setting, folder) }
      const ready = await peer.ask<{ version: string; device: string | null }>(setup)
      const where = ready.device ?? `${torch}, threads: ${threads}`
      enter(`PyTorch ${ready.version}${options.compile ? ' compiled' : ''} (${where})`, peer, setting)
    }
    if (setting.wasm && options.peers.has('wasm')) await node('tfjs-wasm', setting.wasm)
    const products = start(Peer.node('products.ts'))
    await products.ask({ device, threads })
    const rates: number[] = []
    for (const contender of contenders) await runRound(contender, 1)
    for (let round = 0; round < setting.rounds; round++) {
      for (const contender of contenders) if (round < contender.rounds) await runRound(contender, contender.stepsPerRound)
      // The first round warms up.
      if (round === 0) for (const contender of contenders) contender.times.length = 0
      rates.push(...(await products.ask<{ rates: number[] }>({ runs: 5 })).rates)
    }
    report(setting, contenders, rates)
  } finally {
    for (const peer of started) peer.end()
    rmSync(folder, { recursive: true })
  }
}

async function runRound(contender: Running, steps: number): Promise<void> {
  const { times, losses, peakBytes } = await contender.process.ask<Trained>({ steps })
  if (contender.losses.length === 0) contender.first = times[0] as number
  contender.times.push(...times)
  contender.losses.push(...losses)
  contender.peakBytes = peakBytes
}
