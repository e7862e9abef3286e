import type { Nodes, Parents, PhrasingContent, Text } from 'mdast'
import { fromMarkdown } from 'mdast-util-from-markdown'
import { frontmatterFromMarkdown } from 'mdast-util-frontmatter'
import { gfmFromMarkdown } from 'mdast-util-gfm'
import { frontmatter } from 'micromark-extension-frontmatter'
import { gfm } from 'micromark-extension-gfm'
import { decodeHTML } from 'entities'
import { parseHtml } from './html.js'
import { htmlTokens } from './html-tokens.js'
import { writeMarkdown, writeTableCell } from './markdown-escapes.js'
import { MarkedTextBuilder } from './marked-text-builder.js'
import type { MarkedText, Template } from './marked-text.js'

/** The runs of text in a Markdown document (CommonMark and GitHub's extensions), between what stays as it is. */
export function parseMarkdown(source: string): Template {
  const tree = fromMarkdown(source, {
    extensions: [gfm(), frontmatter(['yaml', 'toml'])],
    mdastExtensions: [gfmFromMarkdown(), frontmatterFromMarkdown(['yaml', 'toml'])],
  })
  const template: (string | MarkedText)[] = []
  let at = 0
  for (const node of textBlocks(tree)) {
    const [start, end] = span(node)
    template.push(source.slice(at, start), ...(node.type === 'html' ? htmlBlock(source, node) : inlineRuns(source, node)))
    at = end
  }
  template.push(source.slice(at))
  return template
}

type TextBlock = Extract<Nodes, { type: 'paragraph' | 'heading' | 'tableCell' | 'html' }>

/** The blocks that hold text, and blocks of HTML, in order. */
function* textBlocks(node: Nodes): Generator<TextBlock> {
  if (node.type === 'paragraph' || node.type === 'heading' || node.type === 'tableCell' || node.type === 'html') yield node
  else if ('children' in node) for (const child of node.children) yield* textBlocks(child)
}

function span({ position }: Nodes): [number, number] {
  return [position?.start.offset as number, position?.end.offset as number]
}

/** A block of HTML, its text translated too; inside quotations, where every line has a prefix, it stays as it is. */
function htmlBlock(source: string, node: Extract<Nodes, { type: 'html' }>): Template {
  const raw = source.slice(...span(node))
  return raw === node.value ? parseHtml(raw) : [raw]
}

/** The runs of a block: hard line breaks part them. */
function inlineRuns(source: string, block: Parents): Template {
  const first = block.children[0]
  const last = block.children.at(-1)
  const [start, end] = span(block)
  if (!first || !last) return [source.slice(start, end)]
  const template: (string | MarkedText)[] = [source.slice(start, span(first)[0])]
  let run: PhrasingContent[] = []
  const flush = (): void => {
    const [head, tail] = [run[0], run.at(-1)]
    if (head && tail) template.push(...runTemplate(source, run, block.type === 'tableCell'), source.slice(span(tail)[1], span(tail)[1]))
    run = []
  }
  for (const node of block.children as PhrasingContent[]) {
    if (node.type !== 'break' && !(node.type === 'html' && /^<br\b/iu.test(node.value))) {
      run.push(node)
      continue
    }
    flush()
    template.push(source.slice(...span(node)))
  }
  flush()
  template.push(source.slice(span(last)[1], end))
  return template
}

function runTemplate(source: string, run: readonly PhrasingContent[], inTable: boolean): Template {
  const [start, end] = [span(run[0] as Nodes)[0], span(run.at(-1) as Nodes)[1]]
  const raw = source.slice(start, end)
  const [leading] = /^[ \t\r\n>]*/u.exec(raw) as unknown as [string]
  const trailing = raw.slice(raw.trimEnd().length)
  const builder = new MarkedTextBuilder(inTable ? writeTableCell : writeMarkdown, true)
  new InlineReader(source, builder).read(run, [start + leading.length, end - trailing.length])
  const marked = builder.build()
  return marked ? [leading, marked, trailing] : [raw]
}

/** Feeds inline nodes to a builder. */
class InlineReader {
  /** The mark of the emphasis around. */
  private emphasis: string | undefined

  constructor(
    private readonly source: string,
    private readonly builder: MarkedTextBuilder,
  ) {}

  /** @param within positions outside which text is left out: white space at the ends of a run */
  read(nodes: readonly PhrasingContent[], within: readonly [number, number]): void {
    const pairs = htmlPairs(nodes)
    for (const node of nodes) {
      const [start, end] = span(node)
      const raw = this.source.slice(start, end)
      const { builder } = this
      if (node.type === 'text') this.text(node, within)
      else if (node.type === 'inlineCode') builder.verbatim(node.value, raw)
      else if (node.type === 'html') {
        const role = pairs.get(node)
        if (role === 'open') builder.open(raw)
        else if (role === 'close') builder.close(raw)
        else builder.point(raw)
      } else if (node.type === 'link' && raw[0] !== '[') builder.verbatim(raw, raw)
      else if ('children' in node && node.children.length > 0) this.element(node, raw, within)
      else builder.point(raw)
    }
  }

  private element(node: Extract<PhrasingContent, Parents>, raw: string, within: readonly [number, number]): void {
    const [start, end] = span(node)
    const [from, to] = [span(node.children[0] as Nodes)[0], span(node.children.at(-1) as Nodes)[1]]
    // The label of a reference names its definition: written out, the text can change.
    const isReference = node.type === 'linkReference'
    const close = isReference ? `][${labelOf(raw, raw.slice(from - start, to - start))}]` : this.source.slice(to, end)
    // Marks that come to stand side by side must not run together: emphasis inside emphasis has the other one.
    const outer = this.emphasis
    const delimiter = raw[0] as string
    const isEmphasis = node.type === 'strong' || node.type === 'emphasis'
    const mark = isEmphasis && delimiter === outer ? (delimiter === '*' ? '_' : '*') : delimiter
    const written = (tag: string): string => (isEmphasis ? tag.replaceAll(delimiter, mark) : tag)
    this.builder.open(written(this.source.slice(start, from)))
    if (isEmphasis) this.emphasis = mark
    this.read(node.children as PhrasingContent[], within)
    this.emphasis = outer
    this.builder.close(written(close))
  }

  /** Text of one or more lines: the document's later lines may begin with the marks of a quotation or with white space. */
  private text(node: Text, [from, to]: readonly [number, number]): void {
    const [start, end] = span(node)
    const raw = this.source.slice(Math.max(start, from), Math.min(end, to))
    let at = 0
    for (const { 0: ending, index } of raw.matchAll(/[ \t]*\r?\n[ \t>]*/gu)) {
      this.builder.words(unescape(raw.slice(at, index))).break(ending)
      at = index + ending.length
    }
    this.builder.words(unescape(raw.slice(at)))
  }
}

/** The label of a reference: its own, or else its text. */
function labelOf(raw: string, text: string): string {
  const explicit = /\]\[([^\]]+)\]$/u.exec(raw)
  return explicit ? (explicit[1] as string) : text
}

/** Text without backslash escapes and character references (CommonMark 2.4, 2.5). */
function unescape(text: string): string {
  return text.replace(/\\([!-/:-@[-`{-~])|&#?\w+;/gu, (whole, escaped?: string) => escaped ?? decodeHTML(whole))
}

/** Which inline tags of HTML open and close an element among the same siblings. */
function htmlPairs(nodes: readonly PhrasingContent[]): ReadonlyMap<PhrasingContent, 'open' | 'close'> {
  const roles = new Map<PhrasingContent, 'open' | 'close'>()
  const open: { node: PhrasingContent; name: string }[] = []
  for (const node of nodes) {
    if (node.type !== 'html') continue
    const closing = /^<\/([a-z][\w-]*)\s*>$/iu.exec(node.value)
    if (!closing) {
      const [token] = htmlTokens(node.value)
      if (token?.kind === 'open') open.push({ node, name: token.name })
      continue
    }
    const at = open.findLastIndex(({ name }) => name === closing[1]?.toLowerCase())
    if (at < 0) continue
    roles.set((open[at] as (typeof open)[0]).node, 'open').set(node, 'close')
    open.length = at
  }
  return roles
}
