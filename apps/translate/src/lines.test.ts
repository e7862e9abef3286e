import { describe, expect, it } from 'vitest'
import { type InputLine, lineGroups, MAX_LINE_BYTES } from './lines.js'

async function groups(...chunks: (string | Uint8Array)[]): Promise<InputLine[][]> {
  async function* stream(): AsyncGenerator<Uint8Array> {
    for (const chunk of chunks) yield Buffer.from(chunk)
  }
  const found: InputLine[][] = []
  for await (const group of lineGroups(stream())) found.push(group)
  return found
}

const texts = async (...chunks: (string | Uint8Array)[]) => (await groups(...chunks)).map((group) => group.map(({ text }) => text))

describe('lineGroups', () => {
  it('gives all lines that a chunk completes', async () => {
    expect(await texts('a\nb\nc', 'd\n', '\n\ne')).toEqual([['a', 'b'], ['cd'], ['', ''], ['e']])
  })

  it('reads characters whose bytes are in two chunks', async () => {
    const bytes = Buffer.from('ä€😀\n')
    for (let at = 1; at < bytes.length; at++) {
      expect(await groups(bytes.subarray(0, at), bytes.subarray(at))).toEqual([[{ text: 'ä€😀', damaged: false, tooLong: false }]])
    }
  })

  it('tells which lines are not UTF-8, in one chunk or two', async () => {
    const [group] = await groups('a', Buffer.from([0xe2, 0x82]), '\nb\n')
    expect(group).toEqual([
      { text: 'a\uFFFD', damaged: true, tooLong: false },
      { text: 'b', damaged: false, tooLong: false },
    ])
  })

  it('ends lines at \\n and \\r\\n only, and drops a byte order mark at the beginning', async () => {
    expect(await texts('\uFEFFa\r\nb\rc\u2028d\u0000e\n\uFEFFf')).toEqual([['a', 'b\rc\u2028d\u0000e'], ['\uFEFFf']])
  })

  it('leaves out a line that is too long, and keeps its place', async () => {
    const part = 'x'.repeat(2 ** 20)
    const lines = (await groups(...Array.from({ length: MAX_LINE_BYTES / 2 ** 20 + 1 }, () => part), '\nnext\n')).flat()
    expect(lines).toEqual([
      { text: '', damaged: false, tooLong: true },
      { text: 'next', damaged: false, tooLong: false },
    ])
  })

  it('gives nothing for nothing', async () => {
    expect(await texts('')).toEqual([])
  })
})
