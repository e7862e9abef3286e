import { type HTMLElement, Window } from 'happy-dom'
import { describe, expect, it } from 'vitest'
import { MetricError, parseRatings, QUALITY_LEVELS, type Rating, readSheetKey, scoringSheet, summarizeRatings } from '../index.js'

const items = [
  { source: 'Er kommt nicht.', output: 'He is coming.', reference: 'He is not coming.' },
  { source: 'a < b & "c"', output: '</script><img src=x onerror=alert(1)>' },
  { source: 'Guten Tag', output: 'Good day', reference: 'Hello' },
  { source: 'eins\ttab', output: 'one', reference: 'one' },
]

/** The page as a browser has it. */
function open(html = scoringSheet(items, 'Tatoeba <test>')) {
  const window = new Window({ settings: { enableJavaScriptEvaluation: true, suppressInsecureJavaScriptEnvironmentWarning: true } })
  // Module scripts are fetched and run later, where this environment cannot; the text is the same.
  window.document.write(html.replace('<script type="module">', '<script>'))
  const saved: { name: string, text: Promise<string> }[] = []
  const blobs: Blob[] = []
  window.URL.createObjectURL = (blob) => {
    blobs.push(blob as unknown as Blob)
    return `blob:${blobs.length}`
  }
  window.HTMLAnchorElement.prototype.click = function click() {
    saved.push({ name: this.download, text: blobs.at(-1)!.text() })
  }
  const byId = (id: string) => window.document.getElementById(id) as HTMLElement
  const rate = (item: number, level: string): void => byId(`item-${item}-${level}`).click()
  const save = async (format: 'json' | 'tsv') => {
    byId(format).click()
    const { name, text } = saved.at(-1)!
    return { name, text: await text }
  }
  const load = async (name: string, text: string): Promise<void> => {
    const input = byId('import')
    Object.defineProperty(input, 'files', { configurable: true, value: [new window.File([text], name)] })
    input.dispatchEvent(new window.Event('change', { bubbles: true }))
    await window.happyDOM.waitUntilComplete()
  }
  return { window, byId, rate, save, load }
}

describe('scoringSheet', () => {
  it('shows every text as it is, the worst level first', () => {
    const { window } = open()
    const articles = [...window.document.querySelectorAll('article')]
    expect(articles.map((article) => [...article.querySelectorAll('dd')].map(({ textContent }) => textContent))).toEqual(
      items.map(({ source, output, reference }) => [source, output, reference].filter((text) => text !== undefined)),
    )
    expect(window.document.querySelector('h1')!.textContent).toBe('Tatoeba <test>')
    expect(window.document.querySelectorAll('img').length).toBe(0)
    for (const article of articles) {
      const levels = [...article.querySelectorAll('input')].map((input) => input.getAttribute('value'))
      expect(levels).toEqual(['catastrophic', 'poor', 'flawed', 'good', 'perfect'])
    }
  })

  it.each(['json', 'tsv'] as const)('exports ratings as %s that are read, summed up and opened again', async (format) => {
    const page = open()
    page.rate(3, 'good')
    page.rate(1, 'perfect')
    page.rate(1, 'catastrophic')
    const { name, text } = await page.save(format)
    expect(name).toMatch(new RegExp(`^ratings-[0-9a-f]{16}\\.${format}$`, 'u'))
    const ratings = parseRatings(text, items)
    expect(ratings).toEqual([{ item: 0, level: 'catastrophic' }, { item: 2, level: 'good' }])

    const again = open()
    await again.load(name, text)
    expect((await again.save(format)).text).toBe(text)
    for (const { byId } of [page, again]) {
      expect(byId('progress').textContent).toBe('2 of 4 rated')
      for (const { name: level, count, share, interval } of summarizeRatings(ratings, items).levels) {
        const percent = (part: number) => `${(100 * part).toFixed(1)}%`
        expect(byId(`count-${level}`).textContent).toBe(String(count))
        expect(byId(`share-${level}`).textContent).toBe(percent(share))
        expect(byId(`interval-${level}`).textContent).toBe(`${percent(interval.low)} to ${percent(interval.high)}`)
      }
    }
  })

  it('keeps ratings in the browser until the page is opened again', async () => {
    const page = open()
    page.rate(2, 'poor')
    const html = scoringSheet(items, 'again')
    const kept = page.window.localStorage
    const again = new Window({ settings: { enableJavaScriptEvaluation: true, suppressInsecureJavaScriptEnvironmentWarning: true } })
    for (let i = 0; i < kept.length; i++) again.localStorage.setItem(kept.key(i)!, kept.getItem(kept.key(i)!)!)
    again.document.write(html.replace('<script type="module">', '<script>'))
    expect(again.document.getElementById('count-poor')!.textContent).toBe('1')
  })

  it('says why it does not open ratings', async () => {
    const page = open()
    await page.load('other.tsv', 'sheet\titem\tlevel\n0123456789abcdef\t1\tgood\n')
    expect(page.byId('problem').textContent).toBe('other.tsv: these ratings are of another sheet')
    expect(page.byId('progress').textContent).toBe('0 of 4 rated')
  })

  it('needs items', () => {
    expect(() => scoringSheet([], 'nothing')).toThrow('a scoring sheet needs at least one item, got none')
  })
})

describe('summarizeRatings', () => {
  it('gives each level its share and Wilson\'s interval', () => {
    const ratings = Array.from({ length: 10 }, (_, item): Rating => ({ item, level: item === 0 ? 'catastrophic' : 'good' }))
    const { rated, unrated, levels } = summarizeRatings(ratings, Array.from({ length: 12 }, () => items[0]!))
    expect([rated, unrated]).toEqual([10, 2])
    expect(levels.map(({ name }) => name)).toEqual(QUALITY_LEVELS.map(({ name }) => name))
    expect(levels.map(({ share }) => share)).toEqual([0.1, 0, 0, 0.9, 0])
    // Agresti & Coull (1998): of 10 trials without success the interval is 0 to z² / (10 + z²).
    expect(levels[1]!.interval.low).toBe(0)
    expect(levels[1]!.interval.high).toBeCloseTo(1.96 ** 2 / (10 + 1.96 ** 2), 4)
    // Its ends are where a test of the share just rejects: |0.1 - p| = z √(p (1 - p) / 10).
    for (const end of [levels[0]!.interval.low, levels[0]!.interval.high]) {
      expect(Math.abs(0.1 - end) / Math.sqrt((end * (1 - end)) / 10)).toBeCloseTo(1.959964, 5)
    }
  })

  it('knows nothing of what nobody has rated', () => {
    const { rated, unrated, levels } = summarizeRatings([], items)
    expect([rated, unrated]).toEqual([0, 4])
    expect(levels[0]).toEqual({ name: 'catastrophic', count: 0, share: 0, interval: { low: 0, high: 1 } })
  })
})

describe('parseRatings', () => {
  const sheet = /"sheet":"([0-9a-f]+)"/u.exec(scoringSheet(items, ''))![1]!
  const json = (ratings: unknown, of: unknown = sheet) => JSON.stringify({ sheet: of, ratings })

  it.each([
    ['{', 'ratings: is no valid JSON'],
    ['{}', 'ratings: the JSON has no list of ratings'],
    ['item,level', 'ratings: the first line must be "sheet", "item", "level" between tabs, got "item,level"'],
    [json([{ item: 1, level: 'good' }], 'other'), `rating 1: is of scoring sheet other, not of ${sheet}`],
    [json([{ item: 5, level: 'good' }]), 'rating 1: item must be a whole number from 1 to 4, got 5'],
    [json([null]), 'rating 1: item must be a whole number from 1 to 4, got undefined'],
    [`sheet\titem\tlevel\n${sheet}\t1.5\tgood`, 'line 2: item must be a whole number from 1 to 4, got 1.5'],
    [`sheet\titem\tlevel\n\n${sheet}\t2\tgreat`, 'line 3: level must be one of catastrophic, poor, flawed, good, perfect, got great'],
    [json([{ item: 1, level: 'good' }, { item: 1, level: 'poor' }]), 'rating 2: item 1 has been rated before'],
  ])('refuses %j', (text, message) => {
    expect(() => parseRatings(text, items)).toThrow(message)
    expect(() => parseRatings(text, items)).toThrow(MetricError)
  })

  it('reads lines that end as on Windows', () => {
    expect(parseRatings(`sheet\titem\tlevel\r\n${sheet}\t2\tgood\r\n`, items)).toEqual([{ item: 1, level: 'good' }])
  })
})

describe('readSheetKey', () => {
  it('reads ratings of the sheet as its items would', () => {
    const key = readSheetKey(scoringSheet(items, 'A title'))
    const text = `sheet\titem\tlevel\n${key.id}\t2\tgood\n`
    expect(parseRatings(text, key)).toEqual(parseRatings(text, items))
    expect(summarizeRatings(parseRatings(text, key), key)).toEqual(summarizeRatings(parseRatings(text, items), items))
    expect(() => parseRatings(text, readSheetKey(scoringSheet(items.slice(1), 'A title')))).toThrow('not of')
  })

  it('refuses other pages', () => {
    expect(() => readSheetKey('<p>hello</p>')).toThrow(new MetricError('the page is no scoring sheet: give the one on which the ratings were made'))
    expect(() => readSheetKey('<script type="application/json" id="sheet">{"sheet":1}</script>')).toThrow(MetricError)
  })
})
