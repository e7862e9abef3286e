import { checkTranslation, type TranslateOptions, type Translator, type WordLink } from '@parlance/translation'
import { detectMarkup, type Link, type MarkupFormat, type PlainSentence, type Range, translateMarkup, type TranslateSentences } from '@parlance/translation/markup'
import type { Languages } from './languages.js'
import { fitsPart } from './parts.js'
import { translateSafely } from './safe-translation.js'

export type MarkupFlag = MarkupFormat | 'auto'

/** Translates documents, or lines that are documents of their own, and leaves their markup as it is. */
export class MarkupTranslator {
  /** Whether all sentences could be translated; those that could not are left as they were. */
  complete = true
  private readonly pending: Request[] = []

  /** @param tell told what is wrong with a sentence: a clause that names it */
  constructor(
    private readonly translator: Translator,
    private readonly options: TranslateOptions,
    private readonly settings: MarkupSettings,
    private readonly tell: (problem: string) => void,
  ) {}

  document(source: string): Promise<string> {
    const { format, check } = this.settings
    const fits = (text: string): boolean => fitsPart(this.translator.tokenizer, text)
    const onTranslated = (sentence: string, target: string): void => {
      if (check) this.check(sentence, target)
    }
    return translateMarkup(source, format === 'auto' ? detectMarkup(source) : format, this.request, { fits, onTranslated })
  }

  private check(source: string, target: string): void {
    const { from, to } = this.settings
    for (const { message } of checkTranslation({ source, target, sourceLanguage: from, targetLanguage: to }).warnings) {
      this.tell(`${quoted(source)}: ${message}`)
    }
  }

  /** Sentences of documents that are translated at the same time go to the translator together. */
  private readonly request: TranslateSentences = (sentences) =>
    new Promise((resolve, reject) => {
      this.pending.push({ sentences, resolve, reject })
      if (this.pending.length === 1) setImmediate(() => void this.flush())
    })

  private async flush(): Promise<void> {
    const requests = this.pending.splice(0)
    try {
      // Drawn translations cannot be told what to contain.
      const lines = requests.flatMap(({ sentences }) => (this.options.sampling ? sentences.map(({ text }) => ({ text })) : sentences))
      const found = await translateSafely(this.translator, lines, this.options)
      let at = 0
      for (const { sentences, resolve } of requests) {
        resolve(
          sentences.map(({ text: sentence }) => {
            const translation = found[at++]
            if (!(translation instanceof Error) && translation) {
              return { text: translation.text, links: wordLinks(sentence, translation.text, translation.hypotheses[0]?.alignment ?? []) }
            }
            this.complete = false
            this.tell(`${quoted(sentence)} could not be translated: ${translation?.message ?? ''}`)
            return { text: sentence }
          }),
        )
      }
    } catch (error) {
      for (const { reject } of requests) reject(error)
    }
  }
}

export interface MarkupSettings extends Languages {
  readonly format: MarkupFlag
  /** Whether to tell of suspected failures. */
  readonly check: boolean
}

/** The beginning of a sentence, to find it by. */
function quoted(sentence: string): string {
  return sentence.length > 40 ? `"${sentence.slice(0, 40).trimEnd()}…"` : `"${sentence}"`
}

interface Request {
  readonly sentences: readonly PlainSentence[]
  readonly resolve: (translations: Awaited<ReturnType<TranslateSentences>>) => void
  readonly reject: (error: unknown) => void
}

/** A word between white space: marks before it, its core, marks after it. */
const WORD = /([^\p{L}\p{N}\s]*)(\S*[\p{L}\p{N}]|)(\S*)/gu

/**
 * Links between words, counted between white space, as links between positions. The marks around words are linked apart,
 * so that a full stop does not go with the tag around the last word.
 */
function wordLinks(source: string, target: string, alignment: readonly WordLink[]): Link[] {
  const [from, to] = [source, target].map((text) =>
    Array.from(text.matchAll(WORD))
      .filter(({ 0: word }) => word !== '')
      .map(({ 1: before = '', 2: core = '', 3: after = '', index }): Range[] => {
        const [start, end] = [index + before.length, index + before.length + core.length]
        return [{ start: index, end: start }, { start, end }, { start: end, end: end + after.length }]
      }),
  )
  return alignment.flatMap(([i, j]) =>
    [0, 1, 2].flatMap((part) => {
      const [a, b] = [from?.[i]?.[part], to?.[j]?.[part]]
      return a && b && a.end > a.start && b.end > b.start ? [{ source: a, target: b }] : []
    }),
  )
}
