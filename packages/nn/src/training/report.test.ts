import vm from 'node:vm'
import { describe, expect, it } from 'vitest'
import { renderReport } from './report.js'
import type { LogEntry } from './training-log.js'

const step = (n: number): LogEntry => ({
  step: n,
  loss: 4 / n,
  learningRate: 0.01,
  gradientNorm: 1,
  tokensPerSecond: 100,
  seconds: n,
})

interface Chart {
  title: string
  x: number[]
  series: { name: string; y: (number | null)[] }[]
}

/** The data that the page draws. */
function chartsOf(page: string): Chart[] {
  const json = /<script type="application\/json" id="charts">(.*?)<\/script>/s.exec(page)?.[1] ?? ''
  return JSON.parse(json) as Chart[]
}

describe('renderReport', () => {
  const log: LogEntry[] = [
    step(1),
    step(2),
    { step: 2, evaluation: { loss: 3, accuracy: 0.5 }, seconds: 2 },
    step(4),
    { step: 5, evaluation: { loss: 2, accuracy: NaN }, seconds: 5 },
  ]

  it('draws training and evaluation loss together and each other measure alone', () => {
    const charts = chartsOf(renderReport({ title: 'run', config: {}, log }))
    expect(charts.map(({ title }) => title)).toEqual(['Loss', 'accuracy', 'Learning rate', 'Gradient norm'])
    expect(charts[0]).toMatchObject({
      x: [1, 2, 4, 5],
      series: [
        { name: 'training', y: [4, 2, 1, null] },
        { name: 'evaluation: loss', y: [null, 3, null, 2] },
      ],
    })
    expect(charts[1]).toMatchObject({ x: [2], series: [{ y: [0.5] }] })
  })

  it('thins a long log to means of neighbours', () => {
    const long = Array.from({ length: 10_000 }, (_, i) => ({ ...step(i + 1), loss: i % 2 }))
    const [loss] = chartsOf(renderReport({ title: 'run', config: {}, log: long }))
    expect(loss?.x.length).toBe(2000)
    expect(loss?.x.at(-1)).toBe(10_000)
    expect(loss?.series[0]?.y.every((value) => value !== null && Math.abs(value - 0.5) <= 0.1)).toBe(true)
  })

  it('draws further curves over another axis', () => {
    const curves = [{ name: 'loss', points: [[1e-4, 3], [1e-3, 2], [1e-2, 5]] as [number, number][] }]
    const plot = { title: 'Range', note: 'Losses.', xName: 'learning rate', logarithmic: true, curves }
    const charts = chartsOf(renderReport({ title: 'run', config: {}, log, plots: [plot] }))
    expect(charts.at(-1)).toEqual({
      title: 'Range', note: 'Losses.', xName: 'learning rate', logarithmic: true,
      x: [1e-4, 1e-3, 1e-2], series: [{ name: 'loss', y: [3, 2, 5] }],
    })
    expect(charts[0]).toMatchObject({ xName: 'step', logarithmic: false })
  })

  it('escapes every text', () => {
    const evil = `</script><script>alert("1")</script>'&`
    const page = renderReport({
      title: evil,
      config: { [evil]: evil, list: [evil] },
      log: [...log, { step: 6, evaluation: { [evil]: 1 }, seconds: 6 }],
      figures: [{ name: evil, value: evil, convention: evil }],
      sections: [{ title: evil, text: evil }],
    })
    expect(page).not.toContain('<script>alert')
    expect(page).toContain('<pre>&lt;/script&gt;&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;&#39;&amp;</pre>')
    expect(page.match(/<script/g)?.length).toBe(3)
  })

  it('shows figures with their conventions, sections and the config by field', () => {
    const page = renderReport({
      title: 'A run',
      config: { model: { width: 64, name: 'small' }, seeds: [1, 2] },
      log,
      figures: [{ name: 'perplexity', value: 5.5, convention: 'per character' }],
      sections: [{ title: 'Samples', html: '<p class="sample">hello</p>' }],
    })
    expect(page).toContain('<tr><td>perplexity</td><td>5.5</td><td>per character</td></tr>')
    expect(page).toContain('<tr><td>model.width</td><td>64</td></tr>\n<tr><td>model.name</td><td>small</td></tr>')
    expect(page).toContain('<tr><td>seeds</td><td>[1,2]</td></tr>')
    expect(page).toContain('<h2>Samples</h2><p class="sample">hello</p>')
    expect(page).toContain('<p>5 steps in 5s.</p>')
  })

  it('loads nothing from elsewhere and holds scripts that parse', () => {
    const page = renderReport({ title: 'run', config: {}, log })
    expect(page).not.toMatch(/<(link|img|iframe)|\bsrc=|@import|url\(/)
    const scripts = [...page.matchAll(/<script>(.*?)<\/script>/gs)].map(([, script]) => script as string)
    expect(scripts.length).toBe(2)
    for (const script of scripts) expect(() => new vm.Script(script)).not.toThrow()
    expect(page).toContain('prefers-color-scheme: dark')
  })

  it('is a page also before anything was logged', () => {
    const page = renderReport({ title: 'run', config: { a: 1 }, log: [] })
    expect(chartsOf(page)).toEqual([])
    expect(page).not.toContain('Learning curves')
  })
})
