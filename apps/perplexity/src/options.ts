import { decodeTexts, readTexts } from '@parlance/tokenizer'
import { UsageError } from '@parlance/nn/command-line'
import { InvalidArgumentError, Option } from 'commander'

/** An argument that is a whole number of `least` or more. */
export function wholeNumber(least: number): (text: string) => number {
  return (text) => {
    if (!/^[0-9]+$/.test(text) || Number(text) < least) throw new InvalidArgumentError(`Expected a whole number from ${least}.`)
    return Number(text)
  }
}

export function number(text: string): number {
  const value = Number(text)
  if (text.trim() === '' || !Number.isFinite(value)) throw new InvalidArgumentError('Expected a number.')
  return value
}

export const deviceOption = () => new Option('--device <name>', 'what computes').choices(['auto', 'cpu']).default('auto')
export const threadsOption = () => new Option('--threads <n>', 'threads (default: all cores)').argParser(wholeNumber(1))
export const jsonOption = () => new Option('--json', 'print one JSON object')

/** The value of an option that must be there. Commander's own check would also be made for subcommands. */
export function required<T>(value: T | undefined, flag: string): T {
  if (value === undefined) throw new UsageError(`The option ${flag} is missing: see --help.`)
  return value
}

/** The texts of files, or of standard input when there are none. */
export async function readCorpus(files: readonly string[] | undefined): Promise<string> {
  if (!files && process.stdin.isTTY) throw new UsageError('There is no text: name a file with --corpus, or pipe one in.')
  const parts: string[] = []
  for await (const part of files ? readTexts(files) : decodeTexts(process.stdin, 'standard input')) parts.push(part)
  return parts.join('')
}
