import { type ChildProcess, spawn } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

/** A program in another language that trains the same model: a line of JSON in, a line of JSON out. */
export class Peer {
  private readonly child: ChildProcess
  private readonly lines: AsyncIterator<string>

  constructor(python: string, script: string) {
    this.child = spawn(python, [join(import.meta.dirname, 'peers', script)], { stdio: ['pipe', 'pipe', 'inherit'] })
    if (!this.child.stdout) throw new Error(`${python} could not be started.`)
    this.lines = createInterface({ input: this.child.stdout })[Symbol.asyncIterator]()
  }

  async ask<Answer>(question: unknown): Promise<Answer> {
    this.child.stdin?.write(`${JSON.stringify(question)}\n`)
    const { value, done } = await this.lines.next()
    if (done) throw new Error('The peer ended: it needs a Python with PyTorch and NumPy; name it as the first argument.')
    return JSON.parse(value) as Answer
  }

  end(): void {
    this.child.kill()
  }
}
