import type { TranslateOptions, Translator, WordLink } from '@parlance/translation'
import { detectMarkup, type Link, type MarkupFormat, type PlainSentence, type Range, translateMarkup, type TranslateSentences } from '@parlance/translation/markup'
import { fitsPart } from './parts.js'
import { translateSafely } from './safe-translation.js'

export type MarkupFlag = MarkupFormat | 'auto'

/** Translates documents, or lines that are documents of their own, and leaves their markup as it is. */
export class MarkupTranslator {
  /** Sentences that could not be translated; they are left as they were. */
  readonly problems: string[] = []
  private readonly pending: Request[] = []

  constructor(
    private readonly translator: Translator,
    private readonly options: TranslateOptions,
    private readonly format: MarkupFlag,
  ) {}

  document(source: string): Promise<string> {
    const format = this.format === 'auto' ? detectMarkup(source) : this.format
    return translateMarkup(source, format, this.request, (text) => fitsPart(this.translator.tokenizer, text))
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
            this.problems.push(`"${sentence.slice(0, 40)}" could not be translated: ${translation?.message ?? ''}`)
            return { text: sentence }
          }),
        )
      }
    } catch (error) {
      for (const { reject } of requests) reject(error)
    }
  }
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
