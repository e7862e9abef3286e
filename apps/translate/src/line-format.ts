import { formatAlignment } from '@parlance/translation'
import type { TranslatedLine } from './line-translator.js'

export interface OutputFlags {
  nBest?: number
  json?: true
  scores?: true
  quality?: true
  alignments?: true
}

/**
 * What is written for a line: the translation, then a column each, after a tab, for the score, the quality and the
 * alignment that are asked for; with `--n-best` one line for each hypothesis, in the form of Moses; with `--json` an
 * object.
 *
 * @param number of the line, from 0
 */
export function formatLine(number: number, line: TranslatedLine, flags: OutputFlags): string {
  if (flags.json) return `${JSON.stringify(asObject(line, flags))}\n`
  return flags.nBest === undefined ? `${columns(line, flags)}\n` : mosesList(number, line, flags)
}

function asObject({ source, text, hypotheses, quality, warnings }: TranslatedLine, flags: OutputFlags): object {
  const [best] = hypotheses
  return {
    source,
    translation: text,
    score: best?.score ?? null,
    ...(flags.quality && { quality: quality ?? null }),
    warnings,
    ...(flags.alignments && { alignment: best?.alignment ?? [] }),
    hypotheses: hypotheses.map(({ alignment, ...hypothesis }) => (flags.alignments ? { ...hypothesis, alignment } : hypothesis)),
  }
}

function columns({ text, hypotheses, quality }: TranslatedLine, flags: OutputFlags): string {
  const [best] = hypotheses
  const more: string[] = []
  if (flags.scores) more.push(best ? best.score.toFixed(4) : '')
  if (flags.quality) more.push(quality?.toFixed(4) ?? '')
  if (flags.alignments) more.push(best ? formatAlignment(best.alignment) : '')
  return more.length === 0 ? text : [text.replaceAll('\t', ' '), ...more].join('\t')
}

/** `line ||| translation ||| score`, and with `--alignments` ` ||| 0-0 1-1`; a line without words has one all the same. */
function mosesList(number: number, { text, hypotheses }: TranslatedLine, { alignments }: OutputFlags): string {
  if (hypotheses.length === 0) return `${number} ||| ${text} ||| 0${alignments ? ' ||| ' : ''}\n`
  return hypotheses
    .map(({ text, score, alignment }) => {
      const fields = [number, text, score.toFixed(4), ...(alignments ? [formatAlignment(alignment)] : [])]
      return `${fields.join(' ||| ')}\n`
    })
    .join('')
}
