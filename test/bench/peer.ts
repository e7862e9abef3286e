import { type ChildProcess, spawn } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

const folder = join(import.meta.dirname, 'peers')

/** A process that trains or measures on demand: a line of JSON in, a line of JSON out. */
export class Peer {
  private readonly child: ChildProcess
  private readonly lines: AsyncIterator<string>

  private constructor(command: string, args: readonly string[], private readonly needs: string) {
    this.child = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'] })
    if (!this.child.stdout) throw new Error(`${command} could not be started.`)
    // A command that is not there ends its lines, which `ask` reports.
    this.child.on('error', () => {})
    this.lines = createInterface({ input: this.child.stdout })[Symbol.asyncIterator]()
  }

  /** A script of `peers` in Python, with PyTorch. */
  static python(python: string, script: string): Peer {
    return new Peer(python, [join(folder, script)], 'it needs a Python with PyTorch and NumPy; name it with --python')
  }

  /** A script of `peers` in a Node process of its own. */
  static node(script: string): Peer {
    return new Peer(process.execPath, ['--conditions=@parlance/source', '--import', 'tsx', join(folder, script)], 'its error is above')
  }

  async ask<Answer>(question: unknown): Promise<Answer> {
    this.child.stdin?.write(`${JSON.stringify(question)}\n`)
    const { value, done } = await this.lines.next()
    if (done) throw new Error(`A peer ended (${this.child.spawnargs.join(' ')}): ${this.needs}.`)
    return JSON.parse(value) as Answer
  }

  end(): void {
    this.child.kill()
  }
}
