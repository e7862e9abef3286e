import { splitClauses } from './clauses.js'
import { parseHtml } from './html.js'
import { parseMarkdown } from './markdown.js'
import { type MarkedText, marksOf } from './marked-text.js'
import { type Fill, MarkedSentence } from './marked-sentence.js'
import { splitSentences } from './sentences.js'
import { type SentencePair, weave } from './weave.js'
import type { Link } from './word-links.js'

export type MarkupFormat = 'html' | 'markdown'

/** A sentence's translation. `links`, if there are any, are in positions of the sentence as given and of the translation. */
export interface SentenceTranslation {
  readonly text: string
  readonly links?: readonly Link[]
}

/** A sentence without markup. */
export interface PlainSentence {
  readonly text: string
  /** What the translation is to contain, if the translator can see to that. */
  readonly phrases?: readonly string[]
}

/** Translates sentences; one result for each, in order. */
export type TranslateSentences = (sentences: readonly PlainSentence[]) => Promise<readonly SentenceTranslation[]>

export interface MarkupOptions {
  /** Whether a text is short enough for the translator; longer sentences are parted at clauses. Default: all are. */
  readonly fits?: (text: string) => boolean
  /** Told each sentence and its translation, without markup, when it is final. */
  readonly onTranslated?: (source: string, translation: string) => void
}

/** Sentences given to the translator at once, at most. */
const GROUP = 512

/**
 * How placeholders are shown to the translator, until a translation has each of them once: as they are, which some
 * models copy; as names, and as themselves, that the translation is told to contain; not at all.
 */
const FILLS: readonly { fill: Fill; wanted: boolean }[] = [
  { fill: 'itself', wanted: false },
  { fill: 'name', wanted: true },
  { fill: 'itself', wanted: true },
  { fill: 'nothing', wanted: false },
]

/**
 * Translates a document and leaves its markup as it is: every tag, attribute, comment, piece of code, link target,
 * placeholder and address once, and inside the same element as before. A line break stays one.
 */
export async function translateMarkup(
  source: string,
  format: MarkupFormat,
  translate: TranslateSentences,
  { fits = () => true, onTranslated }: MarkupOptions = {},
): Promise<string> {
  const template = format === 'html' ? parseHtml(source) : parseMarkdown(source)
  const runs = template.map((part) => (typeof part === 'string' ? part : { marked: part, sentences: sentencesOf(part, fits) }))
  const sentences = runs.flatMap((run) => (typeof run === 'string' ? [] : run.sentences)).filter((sentence) => !sentence.isVerbatim())
  await fillIn(sentences, translate)
  for (const sentence of sentences) onTranslated?.(sentence.source(), sentence.result().text)
  return runs.map((run) => (typeof run === 'string' ? run : join(run.marked, run.sentences))).join('')
}

/** Which format a text is in: HTML when it begins with a tag or has tags but nothing that only Markdown has. */
export function detectMarkup(source: string): MarkupFormat {
  if (/^\s*<(?:!doctype|!--|[?a-z])/iu.test(source)) return 'html'
  const hasTags = /<\/?[a-z][^<>]*>|&(?:#\d+|\w+);/iu.test(source)
  const isMarkdown = /^(?: {0,3}(?:#{1,6} |```|~~~|> |[-*+] |\d+[.)] )|\|.*\|\s*$)|\]\([^)]*\)|\*\*\S|^\[[^\]]+\]:/mu.test(source)
  return hasTags && !isMarkdown ? 'html' : 'markdown'
}

function sentencesOf(marked: MarkedText, fits: (text: string) => boolean): MarkedSentence[] {
  const verbatim = marksOf(marked.marks, 'verbatim')
  // A full stop inside code ends no sentence, nor does the end of a line.
  let shown = marked.text.replaceAll('\n', ' ')
  for (const { start, end } of verbatim) shown = `${shown.slice(0, start)}${'x'.repeat(end - start)}${shown.slice(end)}`
  return splitSentences(shown)
    .flatMap((range) => splitClauses(shown, range, fits))
    .map((range) => new MarkedSentence(marked, range, verbatim.filter(({ start, end }) => start < range.end && end > range.start)))
}

/** Gives each sentence its translation, showing placeholders in another way where they got lost. */
async function fillIn(all: readonly MarkedSentence[], translate: TranslateSentences): Promise<void> {
  let open = all
  for (const { fill, wanted } of FILLS) {
    for (let start = 0; start < open.length; start += GROUP) {
      const group = open.slice(start, start + GROUP)
      const shown = group.map((sentence) => sentence.show(fill))
      const translations = await translate(shown.map(({ text, standIns }) => (wanted ? { text, phrases: standIns } : { text })))
      for (const [i, sentence] of group.entries()) {
        sentence.accept(shown[i] as (typeof shown)[0], translations[i] as SentenceTranslation)
      }
    }
    open = open.filter((sentence) => !sentence.isTranslated())
    if (open.length === 0) return
  }
}

/** The translations of a run's sentences with the white space between them, and the markup back in its place. */
function join(marked: MarkedText, sentences: readonly MarkedSentence[]): string {
  const pairs: SentencePair[] = []
  const links: Link[] = []
  const kept = new Map<MarkedSentence['verbatim'][number], { start: number; end: number }>()
  let [text, at] = ['', 0]
  for (const sentence of sentences) {
    const { range } = sentence
    text += marked.text.slice(at, range.start).replaceAll('\n', ' ')
    const { length } = text
    const move = ({ start, end }: { start: number; end: number }) => ({ start: start + length, end: end + length })
    const result = sentence.result()
    for (const link of result.links) links.push({ source: link.source, target: move(link.target) })
    for (const [mark, place] of result.kept) kept.set(mark, move(place))
    text += result.text
    pairs.push({ source: range, target: { start: length, end: text.length } })
    at = range.end
  }
  return weave(marked, { text, links, kept }, pairs)
}
