import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'

const module = (file: string) => JSON.stringify(new URL(file, import.meta.url).href)

/** Runs `body` as the `main` of a command line, in a process of its own. */
function run(body: string, env: NodeJS.ProcessEnv = {}, pipe = ''): { status: number | null; stdout: string; stderr: string } {
  const program = `
    import { runCommandLine } from ${module('command-line.ts')}
    import { UsageError } from ${module('errors.ts')}
    await runCommandLine('parlance-x', async () => { ${body} })
  `
  const args = ['--import', 'tsx', '--input-type=module', '-e', program]
  const options = {
    cwd: fileURLToPath(new URL('..', import.meta.url)),
    encoding: 'utf8' as const,
    env: { ...process.env, PARLANCE_DEBUG: '', PROGRAM: program, NODE: process.execPath, ...env },
  }
  if (pipe === '') return spawnSync(process.execPath, args, options)
  return spawnSync('bash', ['-c', `set -o pipefail; "$NODE" --import tsx --input-type=module -e "$PROGRAM" ${pipe}`], options)
}

describe('runCommandLine', () => {
  it('exits with 0 when all went well', () => {
    expect(run("console.log('text')")).toMatchObject({ status: 0, stdout: 'text\n', stderr: '' })
  })

  it('exits with 2 and one line for wrong usage', () => {
    expect(run("throw new UsageError('no such flag')")).toMatchObject({ status: 2, stderr: 'parlance-x: no such flag\n' })
  })

  it('exits with 1 and one line for failed work, whatever was thrown', () => {
    expect(run("throw new TypeError('first\\n   second')")).toMatchObject({ status: 1, stderr: 'parlance-x: first second\n' })
    expect(run("throw 'a text'")).toMatchObject({ status: 1, stderr: 'parlance-x: a text\n' })
  })

  it('adds the stack when asked', () => {
    const { status, stderr } = run("throw new Error('lost')", { PARLANCE_DEBUG: '1' })
    expect(status).toBe(1)
    expect(stderr).toMatch(/^parlance-x: lost\nError: lost\n +at /)
  })

  it('ends quietly when the reader closes the pipe', () => {
    const endless = "for (;;) { console.log('line'); await new Promise(setImmediate) }"
    expect(run(endless, {}, '| head -n 1')).toMatchObject({ status: 0, stdout: 'line\n', stderr: '' })
  })
})
