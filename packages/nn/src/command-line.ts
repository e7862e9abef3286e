import { UsageError } from './errors.js'

/** What went wrong, as one line. */
export function oneLine(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error)
  return message.trim().replace(/\s*\n\s*/g, ' ')
}

/**
 * Runs `main` as the command `name`. An error becomes one line on stderr, `name: message`, and the exit code 2 for a
 * `UsageError` or 1 for anything else; `PARLANCE_DEBUG=1` adds the stack. A reader that closes the pipe early, as `head`
 * does, ends the process quietly. `main` may set `process.exitCode` itself.
 */
export async function runCommandLine(name: string, main: () => Promise<void> | void): Promise<void> {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0)
    throw error
  })
  // Nobody reads warnings any more: the work goes on.
  process.stderr.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error
  })
  try {
    await main()
  } catch (error) {
    if ((error as NodeJS.ErrnoException | undefined)?.code === 'EPIPE') process.exit(0)
    process.stderr.write(`${name}: ${oneLine(error)}\n`)
    if (process.env.PARLANCE_DEBUG === '1' && error instanceof Error) process.stderr.write(`${error.stack}\n`)
    process.exitCode = error instanceof UsageError ? 2 : 1
  }
}
