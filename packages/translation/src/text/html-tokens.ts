import { Parser } from 'htmlparser2'

/** A piece of an HTML document; pieces follow one another without gaps. */
export interface HtmlToken {
  /** `other` is what the parser passes over: a closing tag of nothing, a document type. */
  readonly kind: 'text' | 'open' | 'close' | 'void' | 'comment' | 'other'
  readonly raw: string
  /** Of tags, in lower case. */
  readonly name: string
  readonly attributes: Readonly<Record<string, string>>
  /** Of `open`: the token that closes it, if the document has one. Of `close`: the one that it closes. */
  partner?: number
}

/** The tokens of a document or a part of one. Nothing is an error: what is no markup is text. */
export function htmlTokens(html: string): HtmlToken[] {
  const tokens: HtmlToken[] = []
  const stack: (number | undefined)[] = []
  let at = 0
  const add = (kind: HtmlToken['kind'], start: number, end: number, name = '', attributes = {}): void => {
    if (start > at) tokens.push({ kind: 'other', raw: html.slice(at, start), name: '', attributes: {} })
    const last = tokens.at(-1)
    if (kind === 'text' && last?.kind === 'text' && start <= at) tokens[tokens.length - 1] = { ...last, raw: last.raw + html.slice(at, end) }
    else tokens.push({ kind, raw: html.slice(Math.max(at, start), end), name, attributes })
    at = end
  }
  const parser: Parser = new Parser(
    {
      onopentag(name, attributes, implied) {
        if (implied) {
          stack.push(undefined)
          return
        }
        add('open', parser.startIndex, parser.endIndex + 1, name, attributes)
        stack.push(tokens.length - 1)
      },
      onclosetag(name, implied) {
        const partner = stack.pop()
        if (implied) {
          // A void element is closed where it ends; another one that the document does not close has no partner.
          const open = partner === undefined ? undefined : tokens[partner]
          if (open && partner === tokens.length - 1 && VOID.has(name)) tokens[partner] = { ...open, kind: 'void' }
          return
        }
        add('close', parser.startIndex, parser.endIndex + 1, name)
        const close = tokens.at(-1) as HtmlToken
        if (partner === undefined) return
        close.partner = partner
        ;(tokens[partner] as HtmlToken).partner = tokens.length - 1
      },
      ontext() {
        add('text', parser.startIndex, parser.endIndex + 1)
      },
      oncomment() {
        add('comment', parser.startIndex, parser.endIndex + 1)
      },
      onprocessinginstruction() {
        add('other', parser.startIndex, parser.endIndex + 1)
      },
    },
    { decodeEntities: false },
  )
  parser.end(html)
  if (at < html.length) tokens.push({ kind: 'other', raw: html.slice(at), name: '', attributes: {} })
  return tokens
}

const VOID = new Set('area base basefont br col command embed frame hr img input isindex keygen link meta param source track wbr'.split(' '))
