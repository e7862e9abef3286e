import { describe, expect, it } from 'vitest'
import { detectMarkup, type Link, translateMarkup, type TranslateSentences } from './markup-index.js'

/** A dictionary as a translator: word for word, but adjectives after nouns, as in French. */
const DICTIONARY: Record<string, string> = { the: 'le', big: 'grand', red: 'rouge', cat: 'chat', house: 'maison', sees: 'voit', and: 'et', hello: 'bonjour' }

const wordForWord = (aligned: boolean): TranslateSentences => async (sentences) =>
  sentences.map(({ text: sentence }) => {
    const source = [...sentence.matchAll(/[\p{L}\p{N}]+|[^\s]/gu)].map(({ 0: word, index }) => ({ word, start: index, end: index + word.length }))
    const order = [...source]
    for (let i = 0; i + 1 < order.length; i++) {
      if (/^(?:big|red)$/iu.test(order[i]!.word) && /^(?:cat|house)$/iu.test(order[i + 1]!.word)) {
        ;[order[i], order[i + 1]] = [order[i + 1]!, order[i]!]
        i++
      }
    }
    let text = ''
    const links: Link[] = []
    for (const { word, start, end } of order) {
      const translated = DICTIONARY[word.toLowerCase()] ?? word
      if (text !== '' && /[\p{L}\p{N}]$/u.test(text) && /^[\p{L}\p{N}(&<*{]/u.test(translated)) text += ' '
      links.push({ source: { start, end }, target: { start: text.length, end: text.length + translated.length } })
      text += translated
    }
    return aligned ? { text, links } : { text }
  })

const html = (source: string, aligned = true) => translateMarkup(source, 'html', wordForWord(aligned))
const markdown = (source: string) => translateMarkup(source, 'markdown', wordForWord(true))

describe('translateMarkup: HTML', () => {
  it('moves an element with its words', async () => {
    expect(await html('<p>The <b>big</b> <i class="x">cat</i> sees</p>')).toBe('<p>le <i class="x">chat</i> <b>grand</b> voit</p>')
    expect(await html('The <a href="/big cat">red house</a>.')).toBe('le <a href="/big cat">maison rouge</a>.')
    expect(await html('<b>The <i>big</i> cat</b>')).toBe('<b>le chat <i>grand</i></b>')
  })

  it('finds the place in proportion where there is no alignment', async () => {
    expect(await html('Hello <b>cat</b> and house', false)).toBe('bonjour <b>chat</b> et maison')
  })

  it('puts an element whose words are lost around another word, not around a mark', async () => {
    const says: TranslateSentences = async () => [{ text: 'le chat .', links: [] }]
    expect(await translateMarkup('<p>The cat <b>indeed</b>.</p>', 'html', says)).toBe('<p>le <b>chat</b> .</p>')
  })

  it.each([
    ['comments, scripts, styles, preformatted text', '<!-- the cat --><script>the < cat</script><style>the{}</style><pre>the cat</pre>'],
    ['attributes and their quotes', "<img alt='the cat' src=cat.png title=\"the &amp; cat\"><hr/>"],
    ['what is not to be translated', '<p translate="no">the cat</p><div class="x notranslate">the <b>cat</b></div>'],
    ['code', '<code>the cat</code>'],
    ['text without words', '<td> 12 %, &nbsp; &#8211; </td>'.replace('12 ', '')],
    ['stray and unclosed tags', '</i><p><b></p></div>'],
    ['white space', '\r\n  <p>\t\n</p>\n'],
  ])('leaves as they are: %s', async (_, source) => {
    expect(await html(source)).toBe(source)
  })

  it('writes character references as the document does', async () => {
    expect(await html('<p>cat &amp; house &lt; cat &copy; &#x41;</p>')).toBe('<p>chat &amp;maison &lt;chat&copy;&#x41;</p>')
    expect(await html('cat & house')).toBe('chat &amp;maison')
  })

  it('keeps code, images and placeholders of a sentence, and its lines', async () => {
    expect(await html('The <code>big &lt; cat</code> sees <img src="x"> {name}.')).toBe('le <code>big &lt; cat</code> voit <img src="x"> {name}.')
    expect(await html('<p>\n  The cat\n  sees the house.\n  The cat sees.\n</p>')).toBe('<p>\n  le chat\n  voit le maison.\n  le chat voit.\n</p>')
  })

  it('keeps tags inside a word that stays', async () => {
    expect(await html('the H<sub>2</sub>O and cat')).toBe('le H<sub>2</sub>O et chat')
  })

  it('translates each block alone and titles too', async () => {
    const page = '<!doctype html><title>The cat</title><ul><li>the cat<li>the house</ul>the<br>cat'
    expect(await html(page)).toBe('<!doctype html><title>le chat</title><ul><li>le chat<li>le maison</ul>le<br>chat')
  })

  it('keeps placeholders that the translator loses, once', async () => {
    const lossy: TranslateSentences = async (sentences) => sentences.map(({ text }) => ({ text: text.replace(/\{\w+\}|%s|https?:\S+|Tom/gu, '').replace(/\s+/gu, ' ').trim() }))
    expect(await translateMarkup('<p>Hello {name}, you have %s cats at https://x.org/a?b=1.</p>', 'html', lossy)).toMatch(
      /^<p>(?=.*\{name\})(?=.*%s)(?=.*https:\/\/x\.org\/a\?b=1)Hello .*cats.*<\/p>$/u,
    )
    const twice: TranslateSentences = async (sentences) => sentences.map(({ text }) => ({ text: `${text} ${text}` }))
    const output = await translateMarkup('Hello {name}', 'html', twice)
    expect(output.match(/\{name\}/gu)).toHaveLength(1)
  })

  it('shows names in the stead of placeholders that are not copied', async () => {
    const seen: string[] = []
    const names: TranslateSentences = async (sentences) =>
      sentences.map(({ text }) => {
        seen.push(text)
        return { text: `Hallo ${/Tom/u.test(text) ? 'Tom' : ''}!` }
      })
    expect(await translateMarkup('Hello ${user.name}!', 'html', names)).toBe('Hallo ${user.name}!')
    expect(seen).toEqual(['Hello ${user.name}!', 'Hello Tom!'])
  })
})

describe('translateMarkup: options', () => {
  it('parts what does not fit, and tells each final translation', async () => {
    const told: [string, string][] = []
    const output = await translateMarkup('<p>The cat sees,\n and the cat sees. Hello {name}</p>', 'html', wordForWord(true), {
      fits: (text) => text.length < 20,
      onTranslated: (source, translation) => told.push([source, translation]),
    })
    expect(output).toBe('<p>le chat voit,\n et le chat voit. bonjour {name}</p>')
    expect(told).toEqual([['The cat sees,', 'le chat voit,'], ['and the cat sees.', 'et le chat voit.'], ['Hello {name}', 'bonjour {name}']])
  })
})

describe('translateMarkup: Markdown', () => {
  it('moves emphasis, links and code with their words', async () => {
    expect(await markdown('The **big** [cat](/cat "the cat") sees `the cat` and ![the cat](x.png).')).toBe(
      'le [chat](/cat "the cat") **grand** voit `the cat` et ![the cat](x.png).',
    )
  })

  it('leaves blocks of code, front matter, rules, definitions and tables as they are, and translates the text around', async () => {
    const source = '---\ntitle: the cat\n---\n\n# The cat\n\n```\nthe cat\n```\n\n    the cat\n\n- [x] the cat\n\n1. the house\n\n***\n\n| the cat | house |\n|:---|---:|\n| cat | the *big* cat |\n\n[the]: http://the.cat\n'
    expect(await markdown(source)).toBe(
      '---\ntitle: the cat\n---\n\n# le chat\n\n```\nthe cat\n```\n\n    the cat\n\n- [x] le chat\n\n1. le maison\n\n***\n\n| le chat | maison |\n|:---|---:|\n| chat | le chat *grand* |\n\n[the]: http://the.cat\n',
    )
  })

  it('keeps lines and the marks before them', async () => {
    expect(await markdown('> The cat sees\n> the house.\n\n* the cat\n  and the house\n')).toBe('> le chat voit\n> le maison.\n\n* le chat\n  et le maison\n')
    expect(await markdown('The cat  \nthe house\\\nthe cat')).toBe('le chat  \nle maison\\\nle chat')
  })

  it('writes references so that their text may change', async () => {
    expect(await markdown('See [the cat] and [the house][cat].\n\n[the cat]: /a\n[cat]: /b\n')).toBe('See [le chat][the cat] et [le maison][cat].\n\n[the cat]: /a\n[cat]: /b\n')
  })

  it('escapes what would become markup', async () => {
    const says = (text: string): TranslateSentences => async (sentences) => sentences.map(() => ({ text }))
    expect(await translateMarkup('cat', 'markdown', says('1. Katze'))).toBe('1\\. Katze')
    expect(await translateMarkup('cat', 'markdown', says('# *x* _y_ a_b 2 * 3 <b> `c` [d]'))).toBe('\\# \\*x\\* \\_y\\_ a_b 2 * 3 \\<b> \\`c\\` \\[d\\]')
    expect(await translateMarkup('- cat', 'markdown', says('- a'))).toBe('- \\- a')
    expect(await translateMarkup('| a |\n|---|\n| cat |', 'markdown', says('a | b'))).toBe('| a \\| b |\n|---|\n| a \\| b |')
  })

  it('translates the text of HTML inside', async () => {
    expect(await markdown('<details>\n<summary>The cat</summary>\n\nThe <b>big</b> cat\n\n</details>\n')).toBe(
      '<details>\n<summary>le chat</summary>\n\nle chat <b>grand</b>\n\n</details>\n',
    )
  })
})

describe('detectMarkup', () => {
  it.each([
    ['<p>a</p>', 'html'],
    ['Hello <b>you</b>', 'html'],
    ['a &amp; b', 'html'],
    ['# a\n\n<b>c</b>', 'markdown'],
    ['plain text', 'markdown'],
    ['a < b', 'markdown'],
  ] as const)('%j is %s', (source, format) => {
    expect(detectMarkup(source)).toBe(format)
  })
})
