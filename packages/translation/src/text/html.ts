import { decodeHTML } from 'entities'
import { type HtmlToken, htmlTokens } from './html-tokens.js'
import { MarkedTextBuilder } from './marked-text-builder.js'
import type { MarkedText, Template } from './marked-text.js'

const set = (names: string): ReadonlySet<string> => new Set(names.split(' '))

/** Elements that begin and end a run of text; all others stand within one. */
const BLOCKS = set(
  'address article aside base blockquote body br caption center col colgroup datalist dd details dialog dir div dl dt fieldset ' +
    'figcaption figure footer form frameset h1 h2 h3 h4 h5 h6 head header hgroup hr html legend li link main menu meta nav ' +
    'noframes noscript ol optgroup option p pre search section select summary table tbody td tfoot th thead title tr ul',
)

/** Elements whose text no person reads as such: they stay as they are. */
const OPAQUE = set('applet audio canvas embed iframe math noembed object pre script style svg template textarea video xmp plaintext')
const CODE = set('code kbd samp tt var')

/** The runs of text in an HTML document, or in a part of one, between what stays as it is. */
export function parseHtml(html: string): Template {
  const tokens = htmlTokens(html)
  const template: (string | MarkedText)[] = []
  const isEdge = edges(tokens)
  let run: HtmlToken[] = []
  const flush = (): void => {
    template.push(...runTemplate(run))
    run = []
  }
  for (let i = 0; i < tokens.length; i++) {
    const token = tokens[i] as HtmlToken
    const end = token.kind === 'open' && isOpaque(token) ? token.partner : undefined
    if (end !== undefined) {
      const raw = tokens.slice(i, end + 1).map((inner) => inner.raw).join('')
      if (BLOCKS.has(token.name)) {
        flush()
        template.push(raw)
      } else run.push(opaque(token, tokens.slice(i + 1, end), raw))
      i = end
    } else if (isEdge[i]) {
      flush()
      template.push(token.raw)
    } else run.push(token)
  }
  flush()
  return template
}

function isOpaque({ name, attributes }: HtmlToken): boolean {
  if (OPAQUE.has(name) || CODE.has(name) || attributes.translate === 'no') return true
  return /(?:^|\s)notranslate(?:\s|$)/u.test(attributes.class ?? '')
}

/** An element that stays as it is, as one token: with its text, if that belongs to the sentence. */
function opaque(open: HtmlToken, inside: readonly HtmlToken[], raw: string): HtmlToken {
  const text = OPAQUE.has(open.name) ? '' : inside.map((token) => (token.kind === 'text' ? decodeHTML(token.raw) : '')).join('').trim()
  return { kind: 'other', raw, name: text, attributes: {} }
}

/** Which tokens end a run of text: blocks, and inline elements that hold a block or have one tag only. */
function edges(tokens: readonly HtmlToken[]): boolean[] {
  const own = tokens.map(({ kind, name, partner }) => {
    if (kind === 'open' || kind === 'close') return BLOCKS.has(name) || partner === undefined
    return kind === 'void' ? BLOCKS.has(name) : kind === 'other'
  })
  // before[i]: edges among the first i tokens.
  const before = [0]
  for (const edge of own) before.push((before.at(-1) as number) + (edge ? 1 : 0))
  return tokens.map(({ kind, partner }, i) => {
    if (own[i] || (kind !== 'open' && kind !== 'close') || partner === undefined) return own[i] as boolean
    return before[Math.max(i, partner)] !== before[Math.min(i, partner)]
  })
}

const EDGE_SPACE = /^([ \t\r\n\f]*)(.*?)([ \t\r\n\f]*)$/su

function runTemplate(run: readonly HtmlToken[]): (string | MarkedText)[] {
  const tokens = [...run]
  let [leading, trailing] = ['', '']
  const trim = (at: number): void => {
    const token = tokens.at(at)
    if (token?.kind !== 'text') return
    const [, before, text, after] = EDGE_SPACE.exec(token.raw) as unknown as [string, string, string, string]
    if (at === 0) leading = before
    else trailing = after
    tokens[at === 0 ? 0 : tokens.length - 1] = { ...token, raw: at === 0 ? text + after : before + text }
  }
  trim(0)
  trim(-1)
  const marked = runText(tokens)
  return marked ? [leading, marked, trailing] : [run.map(({ raw }) => raw).join('')]
}

function runText(tokens: readonly HtmlToken[]): MarkedText | undefined {
  const references = new Map([['&', '&amp;'], ['<', '&lt;'], ['>', '&gt;'], ['\u00a0', '&nbsp;']])
  for (const { kind, raw } of tokens) {
    for (const [reference] of kind === 'text' ? raw.matchAll(/&[#\w]+;/gu) : []) references.set(decodeHTML(reference), reference)
  }
  const write = (text: string): string => Array.from(text, (character) => references.get(character) ?? character).join('')
  const builder = new MarkedTextBuilder(write, false)
  for (const { kind, raw, name } of tokens) {
    if (kind === 'text') builder.words(decodeHTML(raw))
    else if (kind === 'open') builder.open(raw)
    else if (kind === 'close') builder.close(raw)
    else if (kind === 'other' && name !== '') builder.verbatim(name, raw)
    else builder.point(raw)
  }
  return builder.build()
}
