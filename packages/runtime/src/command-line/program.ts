import { Command, CommanderError, InvalidArgumentError, Option } from 'commander'
import { type DeviceName, deviceNames } from '../devices/names.js'
import { describe } from './describe.js'
import { machineInfo } from './info.js'

/** Where a command writes. */
interface Io {
  stdout: { write(text: string): unknown }
  stderr: { write(text: string): unknown }
}

interface InfoOptions {
  device: DeviceName
  threads?: number
  json?: true
}

/** Runs the command line; resolves to the exit code: 0, 1 for failed work, 2 for wrong usage. */
export async function runCli(argv: readonly string[], io: Io): Promise<number> {
  try {
    await program(io).parseAsync(argv, { from: 'user' })
    return 0
  } catch (error) {
    // Commander has written its message, or the help that was asked for.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2
    io.stderr.write(`parlance-runtime: ${(error as Error).message}\n`)
    return 1
  }
}

function program(io: Io): Command {
  const root = new Command('parlance-runtime').description('Say what computes on this machine, and how fast.')
  // Subcommands copy these settings when they are made.
  root.exitOverride().configureOutput({
    writeOut: (text) => io.stdout.write(text),
    writeErr: (text) => io.stderr.write(text),
    outputError: (text, write) => write(text.replace(/^error: /, 'parlance-runtime: ')),
  })
  root
    .command('info')
    .description('Print versions and devices, why a device is missing, and about ten seconds of measurements.')
    .addOption(new Option('-d, --device <name>', 'the device to measure').choices(['auto', ...deviceNames]).default('auto'))
    .option('--threads <n>', 'threads on the CPU (default: all)', wholeNumber)
    .option('--json', 'write an object')
    .addHelpText('after', '\nExamples:\n  parlance-runtime info\n  parlance-runtime info --device webgpu --json')
    .action(async ({ device, threads, json }: InfoOptions) => {
      const info = await machineInfo(device, threads)
      io.stdout.write(json ? `${JSON.stringify(info, undefined, 2)}\n` : describe(info))
    })
  return root
}

function wholeNumber(text: string): number {
  const number = Number(text)
  if (!Number.isInteger(number) || number < 1) throw new InvalidArgumentError('It must be a whole number of 1 or more.')
  return number
}
