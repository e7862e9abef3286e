import { once } from 'node:events'
import { UsageError } from '@parlance/nn/command-line'
import type { SourceLine, TranslateOptions, Translator } from '@parlance/translation'
import { formatLine, type OutputFlags } from './line-format.js'
import { LineTranslator, type TranslatedLine } from './line-translator.js'
import { type InputLine, lineGroups, MAX_LINE_BYTES } from './lines.js'
import type { MarkupFlag } from './markup-translator.js'
import { type LineFlags, loadTranslator, readLine, type SearchFlags } from './search-flags.js'
import { type Languages, languagesOf, targetLanguage } from './languages.js'

export interface TranslateFlags extends SearchFlags, LineFlags, OutputFlags {
  split?: true
  markup?: MarkupFlag | true
  lines?: true
  from?: string
  to?: string
  /** False with `--no-warnings`. */
  warnings: boolean
}

/** Lines translated between writes at most: what a reader waits for, and what is in memory. */
const GROUP = 512

const MARKUP = new Set(['html', 'markdown', 'auto'])

/** Standard input to standard output. Trouble with a line is told on stderr, and the stream goes on. */
export async function translateCommand(flags: TranslateFlags): Promise<void> {
  const markup = checkFlags(flags)
  const { translator, options: search } = await loadTranslator(flags)
  const options = { ...search, ...targetLanguage(translator, flags.to) }
  const languages = languagesOf(flags)
  if (markup !== undefined) await translateMarkedUp(translator, options, languages, markup, flags)
  else await translateLines(translator, options, languages, flags)
  translator.dispose()
}

/** The format of markup, if there is any. */
function checkFlags({ markup, ...flags }: TranslateFlags): MarkupFlag | undefined {
  const format = markup === true ? 'auto' : markup
  if (format !== undefined && !MARKUP.has(format)) {
    throw new UsageError(`--markup must be html, markdown or auto, got "${format}".`)
  }
  const given = (names: readonly (keyof TranslateFlags)[]): string[] =>
    names.filter((name) => flags[name as keyof typeof flags] !== undefined).map((name) => `--${name.replace(/[A-Z]/gu, (letter) => `-${letter.toLowerCase()}`)}`)
  const perLine = given(['nBest', 'forceDecode', 'constraints'])
  const perText = given(['json', 'scores', 'quality', 'alignments', 'split'])
  if (flags.split && perLine[0]) throw new UsageError(`${perLine[0]} is of whole lines and --split of sentences: leave one of them out.`)
  if (format !== undefined && (perLine[0] ?? perText[0])) {
    const why = flags.split ? 'splits documents into sentences by itself' : 'writes documents'
    throw new UsageError(`--markup ${why}: leave out ${perLine[0] ?? perText[0]}.`)
  }
  if (flags.lines && format === undefined) throw new UsageError('--lines is for --markup: without that, every line is a text of its own.')
  if (flags.nBest !== undefined && !flags.json && (flags.scores || flags.quality)) {
    throw new UsageError('--n-best writes scores and no quality: add --json, or leave out --scores and --quality.')
  }
  return format
}

async function translateLines(translator: Translator, options: TranslateOptions, languages: Languages, flags: TranslateFlags): Promise<void> {
  const { warnings, quality, split = false } = flags
  const mayPart = (options.nBest ?? 1) === 1 && !flags.forceDecode && !flags.constraints
  const check = warnings || quality === true
  const lineTranslator = new LineTranslator(translator, { options, split, mayPart, check, ...languages })
  let first = 0
  for await (const group of lineGroups(process.stdin as AsyncIterable<Uint8Array>)) {
    for (let start = 0; start < group.length; start += GROUP) {
      const lines = group.slice(start, start + GROUP)
      const read = lines.map((line, i) => readInput(line, first + i, flags))
      const translated = await lineTranslator.translate(read.map(({ line }) => line))
      let output = ''
      for (const [i, line] of translated.entries()) {
        tell(first + i, [...(read[i]?.troubles ?? []), ...line.troubles], line, warnings)
        output += formatLine(first + i, line, flags)
      }
      first += lines.length
      await write(output)
    }
  }
}

/** A line as it is to be translated, and what is wrong with it. */
function readInput({ text, damaged, tooLong }: InputLine, number: number, flags: LineFlags): { line: SourceLine; troubles: string[] } {
  const troubles: string[] = []
  if (damaged) troubles.push('it is not UTF-8; what could not be read was replaced')
  if (tooLong) troubles.push(`it is longer than ${MAX_LINE_BYTES / 2 ** 20} MiB and was left out`)
  if (tooLong) process.exitCode = 1
  try {
    return { line: readLine(text, number, flags), troubles }
  } catch (error) {
    if (!(error instanceof UsageError)) throw error
    process.exitCode = 1
    return { line: { text: '', number }, troubles: [...troubles, error.message.replace(/^line \d+ /u, 'it ').replace(/\.$/u, '')] }
  }
}

function tell(number: number, troubles: readonly string[], line: TranslatedLine, warnings: boolean): void {
  if (line.failed) process.exitCode = 1
  const messages = [...troubles, ...(warnings ? line.warnings.map(({ message }) => message) : [])]
  for (const message of messages) warn(`line ${number + 1}: ${message.replace(/\.$/u, '')}`)
}

function warn(message: string): void {
  process.stderr.write(`parlance-translate: ${message.replace(/\s*\n\s*/gu, ' ')}.\n`)
}

async function write(output: string): Promise<void> {
  if (!process.stdout.write(output)) await once(process.stdout, 'drain')
}

/** A document; with `--lines` each line as one. */
async function translateMarkedUp(
  translator: Translator,
  options: TranslateOptions,
  languages: Languages,
  format: MarkupFlag,
  flags: TranslateFlags,
): Promise<void> {
  const { MarkupTranslator } = await import('./markup-translator.js')
  const { lines, warnings: check } = flags
  const markup = new MarkupTranslator(translator, options, { format, check, ...languages }, (problem) => warn(problem.replace(/\.$/u, '')))
  if (lines) {
    let first = 0
    for await (const group of lineGroups(process.stdin as AsyncIterable<Uint8Array>)) {
      for (let start = 0; start < group.length; start += GROUP) {
        const part = group.slice(start, start + GROUP)
        const read = part.map((line, i) => readInput(line, first + i, {}))
        for (const [i, { troubles }] of read.entries()) for (const trouble of troubles) warn(`line ${first + i + 1}: ${trouble}`)
        const translated = await Promise.all(read.map(({ line }) => markup.document(line.text)))
        first += part.length
        await write(translated.map((line) => `${line.replace(/[\r\n]+/gu, ' ')}\n`).join(''))
      }
    }
  } else {
    const bytes: Uint8Array[] = []
    for await (const chunk of process.stdin as AsyncIterable<Uint8Array>) bytes.push(chunk)
    const source = Buffer.concat(bytes)
    const text = source.toString('utf8')
    if (!Buffer.from(text).equals(source)) warn('the document is not UTF-8; what could not be read was replaced')
    await write(await markup.document(text))
  }
  if (!markup.complete) process.exitCode = 1
}
