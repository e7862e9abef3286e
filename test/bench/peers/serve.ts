import { createInterface } from 'node:readline'

/** Answers each line of JSON on stdin, once `start` has answered the first. */
export async function serve<Setup, Question>(start: (setup: Setup) => Promise<{ ready: unknown; answer: (question: Question) => Promise<unknown> }>): Promise<void> {
  let answer: ((question: Question) => Promise<unknown>) | undefined
  for await (const line of createInterface({ input: process.stdin })) {
    let reply: unknown
    if (answer) {
      reply = await answer(JSON.parse(line) as Question)
    } else {
      const started = await start(JSON.parse(line) as Setup)
      answer = started.answer
      reply = started.ready
    }
    process.stdout.write(`${JSON.stringify(reply)}\n`)
  }
}
