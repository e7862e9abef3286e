import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'

const require = createRequire(import.meta.url)

interface MapPoint {
  readonly word: string
  /** Within ±1. */
  readonly x: number
  readonly y: number
  /** A place in `groups`. */
  readonly group: number
  /** Places of points and cosines, nearest first. */
  readonly nearest: readonly (readonly [point: number, cosine: number])[]
}

export interface MapData {
  readonly title: string
  readonly method: 'umap' | 'tsne'
  readonly groups: readonly string[]
  /** The most important first: their labels are shown before those of others. */
  readonly points: readonly MapPoint[]
}

const STYLE = `
:root { --ink: #1d2328; --faint: #66707a; --line: #d9dee3; --paper: #ffffff; color-scheme: light dark; }
@media (prefers-color-scheme: dark) { :root { --ink: #e3e7ea; --faint: #98a3ad; --line: #333b43; --paper: #14181c; } }
html, body { height: 100%; margin: 0; background: var(--paper); color: var(--ink); font: 15px/1.45 system-ui, sans-serif; }
body { display: grid; grid-template: auto 1fr / 1fr 17rem; }
header { grid-column: 1 / -1; display: flex; flex-wrap: wrap; gap: .5rem 1.5rem; align-items: baseline; padding: .75rem 1.25rem; border-bottom: 1px solid var(--line); }
h1 { font-size: 1.15rem; margin: 0; }
header p { margin: 0; color: var(--faint); font-size: .85rem; }
form { margin-left: auto; display: flex; gap: .5rem; align-items: center; }
input, button { font: inherit; color: inherit; background: var(--paper); border: 1px solid var(--line); border-radius: .4rem; padding: .25rem .6rem; }
button { cursor: pointer; }
#map { min-width: 0; min-height: 0; }
aside { border-left: 1px solid var(--line); padding: .75rem 1rem; overflow-y: auto; font-size: .9rem; }
aside h2 { font-size: .8rem; font-weight: 600; color: var(--faint); margin: 0 0 .4rem; }
#word { font-size: 1.15rem; font-weight: 600; overflow-wrap: anywhere; }
ol, ul { list-style: none; margin: .4rem 0 1.25rem; padding: 0; }
li button { display: flex; gap: .5rem; align-items: center; width: 100%; text-align: left; border: 0; padding: .15rem .2rem; }
li button:hover, li button:focus-visible { background: color-mix(in srgb, var(--ink) 8%, transparent); }
li button[aria-pressed='false'] { opacity: .4; }
li span { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
li i { flex: none; width: .7rem; height: .7rem; border-radius: 50%; }
li b { margin-left: auto; font-weight: normal; color: var(--faint); font-variant-numeric: tabular-nums; }
@media (max-width: 44rem) { body { grid-template: auto 60vh auto / 1fr; } aside { border: 0; } form { margin: 0; } }
`

const SCRIPT = `
const { points, groups } = JSON.parse(document.getElementById('data').textContent)
const byId = (id) => document.getElementById(id)
const box = byId('map')
const chart = echarts.init(box)
const colourOf = (variable) => getComputedStyle(document.documentElement).getPropertyValue(variable).trim()
// Twelve hues that differ in lightness too (after Tol's and Okabe and Ito's schemes), then again.
const hues = ['#4477aa', '#ee6677', '#228833', '#ccbb44', '#66ccee', '#aa3377', '#e69f00', '#009e73', '#9970ab', '#d55e00', '#8c6d31', '#7f8c8d']
const hueOf = (group) => hues[group % hues.length]
const hidden = new Set()
let chosen = -1
let found = new Set()

const important = (i) => 1 - i / points.length
function item(i, { strong, dim }) {
  const { word, x, y, group } = points[i]
  const size = 10 + 5 * important(i) ** 3
  return {
    value: [x, y, i], name: word,
    symbolSize: (strong ? 7 : 3) + 4 * important(i) ** 2,
    itemStyle: { color: hueOf(group), opacity: dim ? 0.22 : 0.85, borderColor: colourOf('--ink'), borderWidth: strong ? 1 : 0 },
    label: { show: !dim, fontSize: strong ? size + 3 : size, fontWeight: strong ? 'bold' : 'normal', color: colourOf('--ink') },
  }
}

/** Points that are shown plainly now: the chosen one and its nearest, or what a search finds; none: all of them. */
function focus() {
  if (chosen >= 0) return new Set([chosen, ...points[chosen].nearest.map(([i]) => i)])
  return found
}

function draw() {
  const near = focus()
  const shown = points.map((_, i) => i).filter((i) => !hidden.has(points[i].group) || near.has(i))
  const plain = shown.filter((i) => !near.has(i)).map((i) => item(i, { strong: false, dim: near.size > 0 }))
  const strong = shown.filter((i) => near.has(i)).map((i) => item(i, { strong: true, dim: false }))
  const label = { position: 'right', distance: 3, formatter: ({ name }) => name, textBorderColor: colourOf('--paper'), textBorderWidth: 2 }
  const layout = { type: 'scatter', label, labelLayout: { hideOverlap: true }, animation: false }
  const place = (i) => [points[i].x, points[i].y]
  const links = chosen < 0 ? [] : points[chosen].nearest.flatMap(([i]) => [place(chosen), place(i), ['-', '-']])
  chart.setOption({
    series: [
      { ...layout, id: 'plain', data: plain, z: 2 },
      { ...layout, id: 'strong', data: strong, z: 4 },
      { id: 'links', type: 'line', silent: true, animation: false, z: 3, showSymbol: false, data: links, lineStyle: { color: colourOf('--faint'), width: 1, opacity: 0.6 } },
    ],
  })
}

const extentOf = (axis) => points.reduce((most, point) => Math.max(most, Math.abs(point[axis])), 0.01)

/** Both axes with one scale, the map in the middle. */
function fit() {
  const { clientWidth: width, clientHeight: height } = box
  const unit = Math.min(width / extentOf('x'), height / extentOf('y')) / 2.15
  const [x, y] = [width / 2 / unit, height / 2 / unit]
  const axis = (extent) => ({ type: 'value', show: false, min: -extent, max: extent })
  chart.setOption({ xAxis: axis(x), yAxis: axis(y) })
}

function show(i) {
  chosen = i
  const point = points[i]
  byId('word').textContent = point ? point.word : ''
  byId('nearest').replaceChildren(...(point ? point.nearest.map(([other, cosine]) => entry(points[other].word, hueOf(points[other].group), cosine.toFixed(3), () => show(other))) : []))
  byId('hint').hidden = point !== undefined
  draw()
}

function entry(text, colour, figure, act) {
  const button = document.createElement('button')
  const [dot, name, number] = ['i', 'span', 'b'].map((tag) => document.createElement(tag))
  dot.style.background = colour
  name.textContent = text
  number.textContent = figure
  button.append(dot, name, number)
  button.title = text
  button.addEventListener('click', () => act(button))
  const line = document.createElement('li')
  line.append(button)
  return line
}

function zoomTo(indices) {
  const [xs, ys] = [indices.map((i) => points[i].x), indices.map((i) => points[i].y)]
  const half = Math.max(Math.max(...xs) - Math.min(...xs), Math.max(...ys) - Math.min(...ys), 0.2) * 0.75
  const middle = (values) => (Math.max(...values) + Math.min(...values)) / 2
  const { clientWidth: width, clientHeight: height } = box
  const smaller = Math.min(width, height)
  const around = (index, values, extent) => chart.dispatchAction({ type: 'dataZoom', dataZoomIndex: index, startValue: middle(values) - half * extent / smaller, endValue: middle(values) + half * extent / smaller })
  around(0, xs, width)
  around(1, ys, height)
}

function search(text) {
  const asked = text.trim().toLowerCase()
  found = new Set(asked === '' ? [] : points.map((_, i) => i).filter((i) => points[i].word.toLowerCase().includes(asked)))
  byId('count').textContent = asked === '' ? '' : found.size + ' found'
  show(-1)
}

chart.setOption({
  grid: { left: 0, right: 0, top: 0, bottom: 0 },
  tooltip: { show: false },
  dataZoom: [{ type: 'inside', xAxisIndex: 0, filterMode: 'none' }, { type: 'inside', yAxisIndex: 0, filterMode: 'none' }],
  xAxis: {}, yAxis: {}, series: [],
})
chart.on('click', ({ value }) => value && show(value[2]))
chart.getZr().on('click', ({ target }) => target || show(-1))
byId('groups').append(...groups.map((name, group) => {
  const count = points.filter((point) => point.group === group).length
  const line = entry(name, hueOf(group), count, (button) => {
    if (!hidden.delete(group)) hidden.add(group)
    button.setAttribute('aria-pressed', String(!hidden.has(group)))
    draw()
  })
  line.firstChild.setAttribute('aria-pressed', 'true')
  return line
}))
byId('search').addEventListener('input', ({ target }) => search(target.value))
byId('form').addEventListener('submit', (event) => {
  event.preventDefault()
  const exact = points.findIndex(({ word }) => word.toLowerCase() === byId('search').value.trim().toLowerCase())
  if (exact >= 0) show(exact)
  if (focus().size > 0) zoomTo([...focus()])
})
byId('reset').addEventListener('click', () => {
  byId('search').value = ''
  search('')
  for (const index of [0, 1]) chart.dispatchAction({ type: 'dataZoom', dataZoomIndex: index, start: 0, end: 100 })
})
new ResizeObserver(() => { chart.resize(); fit() }).observe(box)
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', draw)
fit()
// A word behind the address's # is chosen at once.
const first = points.findIndex(({ word }) => '#' + encodeURIComponent(word) === location.hash)
show(first)
if (first >= 0) zoomTo([...focus()])
`

const METHODS = { umap: 'UMAP', tsne: 't-SNE' }

function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
}

/** JSON that may stand in a script element. */
function embedded(value: unknown): string {
  return JSON.stringify(value).replaceAll('<', String.raw`\u003c`)
}

/** The page of a map. Places are rounded to what a screen shows. */
export function renderMap({ title, method, groups, points }: MapData): string {
  const library = readFileSync(require.resolve('echarts/dist/echarts.min.js'), 'utf8')
  const rounded = (value: number) => Number(value.toFixed(4))
  const data = {
    groups,
    points: points.map(({ word, x, y, group, nearest }) => ({ word, x: rounded(x), y: rounded(y), group, nearest: nearest.map(([i, cosine]) => [i, rounded(cosine)]) })),
  }
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:">
<title>${escapeHtml(title)}</title>
<style>${STYLE}</style>
<header>
<h1>${escapeHtml(title)}</h1>
<p>${points.length} vectors, placed by ${METHODS[method]}; wheel or pinch to zoom, drag to move</p>
<form id="form"><span id="count"></span><input id="search" type="search" placeholder="Search" aria-label="Search" list="words" autocomplete="off"><button>Go</button><button type="button" id="reset">Reset</button></form>
</header>
<div id="map" role="img" aria-label="Map of ${points.length} vectors"></div>
<aside>
<h2>Nearest by cosine</h2>
<p id="hint">Choose a point to see which vectors are nearest to it.</p>
<div id="word"></div><ol id="nearest"></ol>
<h2>Groups</h2><ul id="groups"></ul>
</aside>
<datalist id="words">${points.map(({ word }) => `<option>${escapeHtml(word)}</option>`).join('')}</datalist>
<script type="application/json" id="data">${embedded(data)}</script>
<script>${library.replaceAll('</script', String.raw`<\/script`)}</script>
<script>${SCRIPT}</script>
</html>
`
}
