import { runCommandLine } from '@parlance/nn/command-line'
import { CommanderError } from 'commander'
import { NAME, program } from './program.js'

await runCommandLine(NAME, async () => {
  try {
    await program().parseAsync()
  } catch (error) {
    // Commander has written its message, or the help that was asked for.
    if (!(error instanceof CommanderError)) throw error
    process.exitCode = error.exitCode === 0 ? 0 : 2
  }
})
