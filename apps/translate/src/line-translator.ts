import {
  checkTranslation,
  type Hypothesis,
  type SourceLine,
  type TranslateOptions,
  type Translation,
  type Translator,
  type Warning,
  type WordLink,
} from '@parlance/translation'
import type { Range } from '@parlance/translation/text'
import type { Languages } from './languages.js'
import { isCut, partsOf } from './parts.js'
import { translateSafely } from './safe-translation.js'

/** What is made of a line. */
export interface TranslatedLine {
  readonly source: string
  readonly text: string
  /** Best first; of a line in parts, one for the whole. None for a line without letters or digits. */
  readonly hypotheses: readonly LineHypothesis[]
  /** Estimated sentence chrF, in [0, 1]; of a line in parts, their mean by length. */
  readonly quality: number | undefined
  readonly warnings: readonly Warning[]
  /** What befell the line on its way, each one clause. */
  readonly troubles: readonly string[]
  readonly failed: boolean
}

interface LineHypothesis {
  readonly text: string
  /** Of a line in parts, their mean by tokens. */
  readonly score: number
  readonly logProb: number
  /** Tokens, without end tokens. */
  readonly tokens: number
  readonly alignment: readonly WordLink[]
}

export interface LineSettings extends Languages {
  readonly options: TranslateOptions
  /** Translate each sentence of a line alone. */
  readonly split: boolean
  /** Whether a line that is too long for the translator is translated in parts instead of cut. */
  readonly mayPart: boolean
  /** Judge translations; otherwise there is no quality and no warning. */
  readonly check: boolean
}

/** A part of a line: what is translated as one. */
interface Part extends Range {
  readonly translation: Translation | Error
}

/** Translates lines of plain text, in parts where that is wanted or needed. */
export class LineTranslator {
  constructor(
    private readonly translator: Translator,
    private readonly settings: LineSettings,
  ) {}

  async translate(lines: readonly SourceLine[]): Promise<TranslatedLine[]> {
    const { translator, settings } = this
    const plans = lines.map((line) => this.plan(line))
    const wanted = plans.flatMap(({ line, ranges }) => ranges.map(({ start, end }) => ({ ...line, text: readable(line.text.slice(start, end)) })))
    const found = await translateSafely(translator, wanted, settings.options)
    let next = 0
    return plans.map(({ line, ranges, long }) => {
      const parts = ranges.map((range) => ({ ...range, translation: found[next++] as Translation | Error }))
      return this.join(line.text, parts, long)
    })
  }

  /** The ranges of a line that are translated; `long` when it is in parts only because it is too long. */
  private plan(line: SourceLine): { line: SourceLine; ranges: Range[]; long: boolean } {
    const { text } = line
    const { split, mayPart } = this.settings
    const long = mayPart && !split && isCut(this.translator.tokenizer, text)
    const start = text.length - text.trimStart().length
    const whole = [{ start, end: text.trimEnd().length }]
    const ranges = split || long ? partsOf(this.translator.tokenizer, text) : whole
    return { line, ranges: ranges.filter(({ start, end }) => SAYS_SOMETHING.test(text.slice(start, end))), long }
  }

  private join(source: string, parts: readonly Part[], long: boolean): TranslatedLine {
    const troubles: string[] = []
    if (long && parts.length > 0) troubles.push(`it is too long for one sentence; it was translated in ${parts.length} ${parts.length === 1 ? 'part' : 'parts'}`)
    else if (long && SAYS_SOMETHING.test(source)) troubles.push('it is too long and has no words; it was left as it is')
    const error = parts.find(({ translation }) => translation instanceof Error)?.translation
    if (error instanceof Error) {
      return { source, text: '', hypotheses: [], quality: undefined, warnings: [], troubles: [...troubles, `it could not be translated: ${error.message}`], failed: true }
    }
    // White space around a line goes, unless it is to be put together exactly as it was.
    const edge = this.settings.split ? 0 : source.length - source.trimStart().length
    let [text, at] = ['', edge]
    const placed: PlacedPart[] = []
    for (const { start, end, translation } of parts) {
      text += source.slice(at, start)
      placed.push({ start, end, target: text.length, translation: translation as Translation })
      text += (translation as Translation).text
      at = end
    }
    text += this.settings.split ? source.slice(at) : source.slice(at).trimEnd()
    if (placed.some(({ translation }) => translation.truncated)) troubles.push('it is too long; only its beginning was translated')
    const { quality, warnings } = this.settings.check ? this.check(source, placed) : { quality: undefined, warnings: [] }
    const line = oneLine(text)
    const [only] = placed
    const hypotheses = placed.length === 1 && only ? only.translation.hypotheses.map(asLineHypothesis) : joined(source, text, line, placed)
    return { source, text: line, hypotheses, quality, warnings, troubles, failed: false }
  }

  private check(source: string, parts: readonly PlacedPart[]): { quality: number | undefined; warnings: Warning[] } {
    const { from, to } = this.settings
    const warnings: Warning[] = []
    let [sum, length] = [0, 0]
    for (const { start, end, translation } of parts) {
      const tokenLogProbs = translation.hypotheses[0]?.tokenLogProbs
      const checked = { source: source.slice(start, end), target: translation.text, sourceLanguage: from, targetLanguage: to, tokenLogProbs }
      const check = checkTranslation(checked)
      warnings.push(...check.warnings)
      sum += check.quality * (end - start)
      length += end - start
    }
    return { quality: length === 0 ? undefined : sum / length, warnings }
  }
}

interface PlacedPart extends Range {
  /** Where its translation begins. */
  readonly target: number
  readonly translation: Translation
}

/** A text without letters and digits is its own translation: emoji, dashes. */
const SAYS_SOMETHING = /[\p{L}\p{N}]/u

/** What a translator should see: control characters are no text. */
function readable(text: string): string {
  // oxlint-disable-next-line no-control-regex
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/gu, ' ')
}

/** A translation that no reader takes for several lines. */
function oneLine(text: string): string {
  return text.replace(/[\n\r]+/gu, ' ')
}

function asLineHypothesis({ text, score, logProb, tokens, alignment }: Hypothesis): LineHypothesis {
  return { text: oneLine(text), score, logProb, tokens: tokens.length, alignment }
}

/** Several parts as one hypothesis. */
function joined(source: string, text: string, line: string, parts: readonly PlacedPart[]): LineHypothesis[] {
  let [logProb, tokens, scores] = [0, 0, 0]
  const alignment: WordLink[] = []
  for (const { start, target, translation } of parts) {
    const [best] = translation.hypotheses
    if (!best) continue
    logProb += best.logProb
    tokens += best.tokens.length
    scores += best.score * best.tokens.length
    const [a, b] = [wordAt(source, start), wordAt(text, target)]
    for (const [i, j] of best.alignment) alignment.push([i + a, j + b])
  }
  return parts.length === 0 ? [] : [{ text: line, score: tokens === 0 ? 0 : scores / tokens, logProb, tokens, alignment }]
}

/** Which word, counted from 0 between white space, a position is in or before. */
function wordAt(text: string, position: number): number {
  const before = text.slice(0, position)
  const words = before.match(/\S+/gu)?.length ?? 0
  return /\S$/u.test(before) ? words - 1 : words
}
