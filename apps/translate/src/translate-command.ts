import { once } from 'node:events'
import { MAX_SOURCE_TOKENS, type Translation } from '@parlance/translation'
import { lineGroups } from './lines.js'
import { type LineFlags, loadTranslator, readLine, type SearchFlags } from './search-flags.js'

export interface TranslateFlags extends SearchFlags, LineFlags {
  json?: true
}

/** Lines translated between writes at most: what a reader waits for. */
const GROUP = 512

/** Standard input to standard output, line by line. Trouble with a line is told on stderr and the stream goes on. */
export async function translateCommand(flags: TranslateFlags): Promise<void> {
  const { translator, options } = await loadTranslator(flags)
  let first = 0
  for await (const group of lineGroups(process.stdin as AsyncIterable<Uint8Array>)) {
    for (let start = 0; start < group.length; start += GROUP) {
      const lines = group.slice(start, start + GROUP)
      const translations = await translator.translate(lines.map(({ text }, i) => readLine(text, first + i, flags)), options)
      let output = ''
      for (const [i, translation] of translations.entries()) {
        const { text, damaged } = lines[i] as (typeof lines)[0]
        if (damaged) warn(first + i, 'it is not UTF-8; what could not be read was replaced')
        if (translation.truncated) warn(first + i, `it is too long; its first ${MAX_SOURCE_TOKENS} tokens were translated`)
        output += format(first + i, text, translation, flags)
      }
      first += lines.length
      if (!process.stdout.write(output)) await once(process.stdout, 'drain')
    }
  }
  translator.dispose()
}

function warn(line: number, problem: string): void {
  process.stderr.write(`parlance-translate: line ${line + 1}: ${problem}.\n`)
}

/** A line; with `--n-best` one for each hypothesis, in the form of Moses; with `--json` an object. */
function format(line: number, source: string, { text, hypotheses }: Translation, { nBest, json }: TranslateFlags): string {
  if (json) {
    const rounded = hypotheses.map(({ text, score, logProb, tokens }) => ({ text, score, logProb, tokens: tokens.length }))
    return `${JSON.stringify({ source, translation: text, score: hypotheses[0]?.score ?? null, hypotheses: rounded })}\n`
  }
  if (nBest === undefined) return `${text}\n`
  if (hypotheses.length === 0) return `${line} |||  ||| 0\n`
  return hypotheses.map(({ text, score }) => `${line} ||| ${text} ||| ${score.toFixed(4)}\n`).join('')
}
