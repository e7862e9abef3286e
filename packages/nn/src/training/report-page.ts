export const PAGE_STYLE = `
:root { --ink: #1d2328; --faint: #66707a; --line: #d9dee3; --paper: #ffffff; --first: #1f6fb5; --second: #c4511c; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e3e7ea; --faint: #98a3ad; --line: #333b43; --paper: #14181c; --first: #6cb2f0; --second: #f2955e; }
}
body { margin: 0; background: var(--paper); color: var(--ink); font: 16px/1.5 system-ui, sans-serif; }
main { max-width: 72rem; margin: 0 auto; padding: 1.5rem; }
h1 { font-size: 1.6rem; margin: 0; }
h2 { font-size: 1.15rem; margin: 2rem 0 .5rem; }
figure { margin: 0; min-width: 0; }
figcaption { color: var(--faint); font-size: .85rem; }
figcaption b { color: var(--ink); }
.charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(28rem, 100%), 1fr)); gap: 1.5rem; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { text-align: left; padding: .25rem 1.5rem .25rem 0; border-bottom: 1px solid var(--line); vertical-align: top; }
th { color: var(--faint); font-weight: normal; }
pre { white-space: pre-wrap; overflow-wrap: anywhere; border-left: 3px solid var(--line); padding-left: 1rem; margin: 0; }
.u-legend { font-size: .85rem; text-align: left; }
.u-legend th, .u-legend td { border: 0; padding: 0 .25rem 0 0; vertical-align: middle; }
`

/** Draws each chart of the page's data into its figure, again when the window or the colour scheme changes. */
export const PAGE_SCRIPT = `
const charts = JSON.parse(document.getElementById('charts').textContent)
const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim()
const plots = charts.map(({ x, xName, logarithmic, series }, i) => {
  const box = document.getElementById('chart-' + i)
  const axis = () => ({ stroke: () => colour('--faint'), grid: { stroke: () => colour('--line'), width: 1 }, ticks: { show: false } })
  const show = (value) => (value == null ? '–' : String(Number(value.toPrecision(5))))
  const power = (value) => (Number.isInteger(Math.log10(value)) ? value.toExponential() : '')
  const lines = series.map(({ name }, s) => ({
    label: name, stroke: () => colour(s === 0 ? '--first' : '--second'), width: 1.5, spanGaps: true,
    points: { show: x.length < 60 || s > 0, size: 4 }, value: (_, value) => show(value),
  }))
  const options = {
    width: box.clientWidth, height: 240, scales: { x: { time: false, distr: logarithmic ? 3 : 1 } },
    axes: [{ ...axis(), size: 32, ...(logarithmic ? { values: (_, ticks) => ticks.map(power) } : {}) }, { ...axis(), size: 64, values: (_, ticks) => ticks.map(show) }],
    series: [{ label: xName, value: (_, value) => show(value) }, ...lines],
  }
  return { box, plot: new uPlot(options, [x, ...series.map(({ y }) => y)], box) }
})
addEventListener('resize', () => plots.forEach(({ box, plot }) => plot.setSize({ width: box.clientWidth, height: 240 })))
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => plots.forEach(({ plot }) => plot.redraw()))
`
