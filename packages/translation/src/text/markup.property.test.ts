import * as fc from 'fast-check'
import { parseDocument } from 'htmlparser2'
import type { Nodes } from 'mdast'
import { fromMarkdown } from 'mdast-util-from-markdown'
import { describe, expect, it } from 'vitest'
import { translateMarkup, type TranslateSentences } from './markup-index.js'
import { words } from './words.js'

/** A piece of a line of text: a word, an element around pieces, or something without text. */
type Piece = string | { tag: string; pieces: Piece[] } | { raw: string }

const word = fc.constantFrom('cat', 'dog', 'The', 'house.', 'Überall,', 'x<y', 'AT&T', '1.', '-', '*', 'a_b', '"so"', 'What?', '🎉', '#', '[z]')

function pieces(tags: string[], raws: string[]): fc.Arbitrary<Piece[]> {
  const { list } = fc.letrec<{ list: Piece[]; piece: Piece }>((tie) => ({
    list: fc.array(tie('piece'), { minLength: 1, maxLength: 5, depthIdentifier: 'markup' }),
    piece: fc.oneof(
      { depthSize: 'small', depthIdentifier: 'markup' },
      { arbitrary: word, weight: 5 },
      { arbitrary: fc.constantFrom(...raws).map((raw) => ({ raw })), weight: 1 },
      { arbitrary: fc.record({ tag: fc.constantFrom(...tags), pieces: tie('list') }), weight: 2 },
    ),
  }))
  return list
}

/** A translator that drops, repeats, adds and moves words at random, and aligns at random or not at all. */
function wildTranslator(seed: number, aligned: boolean): TranslateSentences {
  let state = seed
  const random = (below: number): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
  return async (sentences) =>
    sentences.map(({ text: sentence }) => {
      const output = sentence.split(' ').flatMap((each) => [[each], [each, each], [], ['Wort', each]][random(4)] as string[])
      for (let i = output.length - 1; i > 0; i--) {
        const j = random(i + 1)
        ;[output[i], output[j]] = [output[j] as string, output[i] as string]
      }
      const text = output.length > 0 ? output.join(' ') : 'Wort'
      if (!aligned) return { text }
      const [source, target] = [words(sentence), words(text)]
      const links = target.map((range) => ({ source: source[random(source.length)] ?? range, target: range }))
      return { text, links }
    })
}

// Seeded: every run of the tests sees the same documents.
const runs = { numRuns: 600, seed: 4 }

describe('translateMarkup, whatever the translator does', () => {
  it('keeps each element of HTML once, inside the same element, with its attributes; comments, images and placeholders too', async () => {
    const raws = ['<img src="a&b.png" alt="x">', '<!-- note: 1 < 2 -->', '{name}', '<code>f(x) &lt; 3</code>', '<wbr>', '<i id="empty"></i>']
    const line = pieces(['b', 'i', 'u', 'span'], raws)
    await fc.assert(
      fc.asyncProperty(fc.array(line, { minLength: 1, maxLength: 3 }), fc.integer({ min: 1 }), fc.boolean(), async (lines, seed, aligned) => {
        let id = 0
        const write = (list: Piece[]): string =>
          list
            .map((piece) => {
              if (typeof piece === 'string') return piece.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
              if ('raw' in piece) return piece.raw
              return `<${piece.tag} id="n${++id}">${write(piece.pieces)}</${piece.tag}>`
            })
            .join(' ')
        const html = lines.map((list) => `<p class='c'>${write(list)}</p>\n`).join('')
        const output = await translateMarkup(html, 'html', wildTranslator(seed, aligned))
        expect(htmlFacts(output)).toEqual(htmlFacts(html))
        expect(output.split('\n').length).toBe(html.split('\n').length)
      }),
      runs,
    )
  })

  it('keeps the tree of Markdown: emphasis, links and their targets, code, images, headings, lists, quotations, tables', async () => {
    const line = pieces(['b', 'i', 'a'], ['![alt *x*](u.png)', '`code *x*`', '{name}', '<https://x.org/a_b>', 'x <!-- c -->'])
    const blocks = fc.constantFrom('# ', '', '- ', '> ', '3. ')
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(blocks, line), { minLength: 1, maxLength: 4 }), fc.integer({ min: 1 }), fc.boolean(), async (lines, seed, aligned) => {
        let id = 0
        const write = (list: Piece[], around: readonly string[] = []): string =>
          list
            .map((piece): string => {
              if (typeof piece === 'string') return piece.replace(/[*_[\]<&#-]|(?<=1)\./gu, '\\$&')
              if ('raw' in piece) return piece.raw
              // Emphasis needs a letter on its inner sides to be emphasis.
              if (piece.tag === 'a') return `[${write(piece.pieces.filter((inner) => typeof inner === 'string'))}](/page${++id} "title")`
              if (around.includes(piece.tag)) return write(piece.pieces, around)
              const mark = piece.tag === 'b' ? '**' : '*'
              return `${mark}a ${write(piece.pieces, [...around, piece.tag])} a${mark}`
            })
            .join(' ')
        const source = lines.map(([block, list]) => `${block}${write(list)}\n\n`).join('')
        const output = await translateMarkup(source, 'markdown', wildTranslator(seed, aligned))
        expect(markdownFacts(output)).toEqual(markdownFacts(source))
      }),
      runs,
    )
  })
})

/** All elements with their attributes and the element around, and the other things, sorted. */
function htmlFacts(html: string): string[] {
  const facts: string[] = []
  const visit = (nodes: ReturnType<typeof parseDocument>['children'], around: string): void => {
    for (const node of nodes) {
      if (node.type === 'comment' && 'data' in node) facts.push(`comment ${node.data}`)
      if (node.type === 'text' && 'data' in node) for (const name of node.data.match(/\{name\}/gu) ?? []) facts.push(name)
      if (!('children' in node) || !('attribs' in node)) continue
      const self = `${node.name} ${JSON.stringify(node.attribs)}`
      facts.push(`${self} in ${around}`)
      visit(node.children, self)
      if (node.name === 'code') facts.push((node.children[0] as { data: string }).data)
    }
  }
  visit(parseDocument(html).children, '')
  return facts.sort()
}

/** All nodes that are not text, with what they hold besides text and the node around, sorted. */
function markdownFacts(source: string): string[] {
  const facts: string[] = []
  const visit = (node: Nodes, around: string): void => {
    if (node.type === 'text') {
      for (const name of node.value.match(/\{name\}/gu) ?? []) facts.push(name)
      return
    }
    const { children: _, position: __, ...own } = node as Nodes & { children?: unknown }
    const self = JSON.stringify(own)
    facts.push(`${self} in ${around}`)
    if ('children' in node) for (const child of node.children) visit(child, self)
  }
  visit(fromMarkdown(source), '')
  return facts.sort()
}
