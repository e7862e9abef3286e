import { BpeTokenizer } from '../bpe-tokenizer.js'
import { bytesOfToken } from '../bytes.js'
import { loadTokenizer } from '../load.js'
import { decodeTexts, readText } from '../read-texts.js'
import { type Tokenizer, TokenizerError } from '../tokenizer.js'
import { type Io, STDIN, stdinBytes } from './io.js'

export async function encodeCommand(options: { tokenizer: string; json?: true }, io: Io): Promise<void> {
  const tokenizer = await loadTokenizer(options.tokenizer)
  const ids = Array.from(tokenizer.encode(await readStdin(io)))
  const tokens = (): string[] => ids.map((id) => tokenizer.idToToken(id))
  io.stdout.write(`${options.json ? JSON.stringify({ ids, tokens: tokens() }) : ids.join(' ')}\n`)
}

export async function decodeCommand(options: { tokenizer: string }, io: Io): Promise<void> {
  const tokenizer = await loadTokenizer(options.tokenizer)
  const words = (await readStdin(io)).split(/\s+/u).filter((word) => word !== '')
  const wrong = words.find((word) => !/^[0-9]+$/.test(word))
  if (wrong !== undefined) throw new TokenizerError(`${STDIN}: expected ids, got ${JSON.stringify(wrong)}`)
  io.stdout.write(tokenizer.decode(words.map(Number)))
}

export async function inspectCommand(
  files: string[],
  options: { tokenizer: string; longest: number; json?: true },
  io: Io,
): Promise<void> {
  const tokenizer = await loadTokenizer(options.tokenizer)
  const type = tokenizer instanceof BpeTokenizer ? 'bpe' : 'char'
  const tokens = Array.from(tokenizer.entries(), ([token, id]) => ({ id, token, bytes: tokenBytes(token, type) }))
  const report = {
    tokenizer: options.tokenizer,
    type,
    vocabSize: tokenizer.vocabSize,
    hash: tokenizer.hash,
    meanTokenBytes: round(tokens.reduce((sum, { bytes }) => sum + bytes, 0) / tokens.length),
    texts: await Promise.all(files.map((file) => measure(file, tokenizer))),
    longest: tokens.toSorted((a, b) => b.bytes - a.bytes || a.id - b.id).slice(0, options.longest),
  }
  io.stdout.write(options.json ? `${JSON.stringify(report)}\n` : describe(report))
}

interface Report {
  readonly tokenizer: string
  readonly type: string
  readonly vocabSize: number
  readonly hash: string
  readonly meanTokenBytes: number
  readonly texts: readonly TextReport[]
  readonly longest: readonly { id: number; token: string; bytes: number }[]
}

interface TextReport {
  readonly file: string
  readonly bytes: number
  readonly tokens: number
  readonly bytesPerToken: number
}

async function measure(file: string, tokenizer: Tokenizer): Promise<TextReport> {
  const text = await readText(file)
  const bytes = Buffer.byteLength(text)
  const tokens = tokenizer.encode(text).length
  return { file, bytes, tokens, bytesPerToken: round(bytes / tokens) }
}

function describe(report: Report): string {
  return [
    `tokenizer         ${report.tokenizer} (${report.type})`,
    `vocabulary size   ${report.vocabSize}`,
    `hash              ${report.hash}`,
    `mean token bytes  ${report.meanTokenBytes}`,
    ...report.texts.map(
      ({ file, bytes, tokens, bytesPerToken }) =>
        `${file}: ${bytesPerToken} bytes per token (${bytes} bytes, ${tokens} tokens)`,
    ),
    'longest tokens (id, bytes, token)',
    ...report.longest.map(({ id, bytes, token }) => `  ${id}  ${bytes}  ${JSON.stringify(token)}`),
    '',
  ].join('\n')
}

function tokenBytes(token: string, type: 'bpe' | 'char'): number {
  return (type === 'bpe' ? bytesOfToken(token)?.length : undefined) ?? Buffer.byteLength(token)
}

function round(value: number): number {
  return Number(value.toFixed(4))
}

async function readStdin(io: Io): Promise<string> {
  const pieces: string[] = []
  for await (const piece of decodeTexts(stdinBytes(io), STDIN)) pieces.push(piece)
  return pieces.join('')
}
