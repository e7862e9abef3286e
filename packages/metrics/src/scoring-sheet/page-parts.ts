export const SHEET_STYLE = `
:root { --ink: #1d2328; --faint: #66707a; --line: #d9dee3; --paper: #ffffff; --mark: #1f6fb5; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e3e7ea; --faint: #98a3ad; --line: #333b43; --paper: #14181c; --mark: #6cb2f0; }
}
body { margin: 0; background: var(--paper); color: var(--ink); font: 16px/1.5 system-ui, sans-serif; }
main { max-width: 60rem; margin: 0 auto; padding: 1.5rem; }
h1 { font-size: 1.6rem; margin: 0 0 1rem; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { text-align: left; padding: .25rem 1.5rem .25rem 0; border-bottom: 1px solid var(--line); vertical-align: top; }
thead th, dt { color: var(--faint); font-weight: normal; }
.bar { position: sticky; top: 0; background: var(--paper); padding: .5rem 0; border-bottom: 1px solid var(--line); }
article { border-bottom: 1px solid var(--line); padding: 1rem 0; }
dl { display: grid; grid-template-columns: 6rem 1fr; gap: .25rem 1rem; margin: 0 0 .5rem; }
dd { margin: 0; white-space: pre-wrap; overflow-wrap: anywhere; }
fieldset { border: 0; padding: 0; margin: 0; display: flex; flex-wrap: wrap; gap: .25rem 1.25rem; }
article.rated { border-left: 3px solid var(--mark); padding-left: 1rem; }
`

/**
 * Keeps the ratings, shows their shares, writes and reads them. The ratings stay in the browser's storage until they
 * are exported, where the browser allows that.
 */
export const SHEET_SCRIPT = `
const { sheet, levels, count } = JSON.parse(document.getElementById('sheet').textContent)
const ratings = new Map()
const key = 'scoring-sheet-' + sheet
const byId = (id) => document.getElementById(id)
const percent = (share) => (100 * share).toFixed(1) + '%'

function wilson(n, total) {
  if (total === 0) return [0, 1]
  const z = 1.959963984540054, share = n / total, scale = 1 + z * z / total
  const centre = share + z * z / (2 * total)
  const margin = z * Math.sqrt(share * (1 - share) / total + z * z / (4 * total * total))
  return [Math.max(0, (centre - margin) / scale), Math.min(1, (centre + margin) / scale)]
}

function show() {
  byId('progress').textContent = ratings.size + ' of ' + count + ' rated'
  for (const level of levels) {
    const n = [...ratings.values()].filter((other) => other === level).length
    const [low, high] = wilson(n, ratings.size)
    byId('count-' + level).textContent = String(n)
    byId('share-' + level).textContent = ratings.size === 0 ? '–' : percent(n / ratings.size)
    byId('interval-' + level).textContent = ratings.size === 0 ? '–' : percent(low) + ' to ' + percent(high)
  }
}

function rate(item, level) {
  ratings.set(item, level)
  byId('item-' + item + '-' + level).checked = true
  byId('item-' + item).classList.add('rated')
}

function keep() {
  try { localStorage.setItem(key, asJson()) } catch { /* kept by exporting only */ }
}

const rows = () => [...ratings].sort(([a], [b]) => a - b)
function asJson() {
  return JSON.stringify({ sheet, ratings: rows().map(([item, level]) => ({ item, level })) }, null, 1) + '\\n'
}
function asTsv() {
  return ['sheet\\titem\\tlevel', ...rows().map((row) => [sheet, ...row].join('\\t'))].join('\\n') + '\\n'
}

function read(text) {
  const lines = text.trimStart().startsWith('{')
    ? (({ sheet, ratings }) => ratings.map(({ item, level }) => [sheet, item, level]))(JSON.parse(text))
    : text.split(/\\r?\\n/).slice(1).filter((line) => line !== '').map((line) => line.split('\\t'))
  for (const [of, item, level] of lines) {
    if (of !== sheet) throw new Error('these ratings are of another sheet')
    if (!byId('item-' + item) || !levels.includes(level)) throw new Error('there is no item ' + item + ' or level ' + level)
  }
  for (const [, item, level] of lines) rate(Number(item), level)
  show()
}

function download(name, type, text) {
  const link = document.createElement('a')
  link.href = URL.createObjectURL(new Blob([text], { type }))
  link.download = name
  link.click()
  URL.revokeObjectURL(link.href)
}

document.addEventListener('change', async ({ target }) => {
  if (target.type === 'radio') {
    rate(Number(target.dataset.item), target.value)
    keep()
    show()
  } else if (target.id === 'import' && target.files.length > 0) {
    try {
      read(await target.files[0].text())
      keep()
      byId('problem').textContent = ''
    } catch (error) {
      byId('problem').textContent = target.files[0].name + ': ' + error.message
    }
    target.value = ''
  }
})
byId('json').addEventListener('click', () => download('ratings-' + sheet + '.json', 'application/json', asJson()))
byId('tsv').addEventListener('click', () => download('ratings-' + sheet + '.tsv', 'text/tab-separated-values', asTsv()))
try { read(localStorage.getItem(key) ?? '') } catch { show() }
`
