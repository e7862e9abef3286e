import { MetricError } from '../error.js'
import { QUALITY_LEVELS, type ScoringItem } from './levels.js'
import { SHEET_SCRIPT, SHEET_STYLE } from './page-parts.js'
import { sheetId } from './sheet-id.js'

/**
 * A self-contained HTML page on which a person rates each output on the five levels, sees the shares so far with their
 * intervals, exports the ratings as JSON or TSV (for `parseRatings`) and opens them again.
 *
 * Throws a `MetricError` if there are no items.
 */
export function scoringSheet(items: readonly ScoringItem[], title: string): string {
  if (items.length === 0) throw new MetricError('a scoring sheet needs at least one item, got none')
  const levels = QUALITY_LEVELS.map(({ name }) => name)
  const data = JSON.stringify({ sheet: sheetId(items), levels, count: items.length })
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${escapeHtml(title)}</title>
<style>${SHEET_STYLE}</style>
</head>
<body>
<main>
<h1>${escapeHtml(title)}</h1>
<table>
<thead><tr><th>level</th><th>means</th><th>rated</th><th>share</th><th>95% interval</th></tr></thead>
<tbody>
${QUALITY_LEVELS.map(levelRow).join('\n')}
</tbody>
</table>
<div class="bar">
<span id="progress"></span>
<button type="button" id="json">Save as JSON</button>
<button type="button" id="tsv">Save as TSV</button>
<label>Open ratings <input type="file" id="import" accept=".json,.tsv"></label>
<strong id="problem" role="alert"></strong>
</div>
${items.map(itemArticle).join('\n')}
</main>
<script type="application/json" id="sheet">${data}</script>
<script type="module">${SHEET_SCRIPT}</script>
</body>
</html>
`
}

function levelRow({ name, meaning }: (typeof QUALITY_LEVELS)[number]): string {
  const cells = ['count', 'share', 'interval'].map((figure) => `<td id="${figure}-${name}"></td>`)
  return `<tr><th>${name}</th><td>${meaning}</td>${cells.join('')}</tr>`
}

function itemArticle({ source, output, reference }: ScoringItem, index: number): string {
  const item = index + 1
  const texts = Object.entries({ source, output, reference }).filter((entry): entry is [string, string] => entry[1] !== undefined)
  const radios = QUALITY_LEVELS.map(({ name, meaning }) => {
    const input = `<input type="radio" id="item-${item}-${name}" name="item-${item}" value="${name}" data-item="${item}">`
    return `<label title="${meaning}">${input} ${name}</label>`
  })
  return `<article id="item-${item}">
<dl>
${texts.map(([name, text]) => `<dt>${name}</dt><dd dir="auto">${escapeHtml(text)}</dd>`).join('\n')}
</dl>
<fieldset aria-label="quality of output ${item}">
${radios.join('\n')}
</fieldset>
</article>`
}

function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
}
