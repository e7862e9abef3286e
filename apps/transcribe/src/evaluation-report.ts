import { dirname, relative, resolve, sep } from 'node:path'
import type { AlignedWord, EvaluatedUtterance, EvaluationResult } from '@parlance/asr'
import { escapeHtml, type ReportFigure, type ReportSection, writeReport } from '@parlance/nn'
import { confusionText, percent, SPEAKER_HEAD, speakerRow, timingText } from './evaluate.js'

export interface EvaluationReportInput {
  title: string
  /** How it was evaluated; shown field by field. */
  settings: object
  result: EvaluationResult
  /** That it took. */
  seconds: number
}

/** Rows and confusions of a page at most: browsers lay more out slowly. */
const MOST_ROWS = 1000
const MOST_CONFUSIONS = 20

const STYLE = `<style>
.said { display: flex; flex-wrap: wrap; gap: .15rem .3rem; margin: .3rem 0 .1rem; }
.said > span { display: grid; grid-template-rows: 1.5em 1.5em; padding: 0 .2rem; border-radius: .2rem; text-align: center; }
.said > [data-at] { cursor: pointer; }
.said > .substitution { background: #f0ad4e55; }
.said > .deletion { background: #d9534f55; }
.said > .insertion { background: #5b8def55; }
.recording { border-bottom: 1px solid var(--line); padding: .5rem 0; }
.recording audio { height: 1.8rem; vertical-align: middle; margin-left: .5rem; }
.recording small, .key { color: var(--faint); }
</style>`

/** A click on a word plays the recording from there. */
const SCRIPT = `<script>
addEventListener('click', ({ target }) => {
  const word = target.closest('[data-at]')
  const audio = word?.closest('.recording').querySelector('audio')
  if (!audio) return
  audio.currentTime = Math.max(0, Number(word.dataset.at) - 0.2)
  audio.play()
})
</script>`

/**
 * A page of its own: figures, errors by kind and speaker, and every recording with its reference above what was heard, those
 * with most errors first.
 *
 * @throws Error, one line, when it cannot be written
 */
export function writeEvaluationReport(file: string, { title, settings, result, seconds }: EvaluationReportInput): void {
  const { confusions, speakers, utterances } = result
  const sections: ReportSection[] = []
  if (confusions.length > 0) {
    const rows = confusions.slice(0, MOST_CONFUSIONS).map((one) => [String(one.count), confusionText(one)])
    sections.push({ title: 'Most frequent errors', html: table(['times', 'error'], rows) })
  }
  if (speakers.length > 0) sections.push({ title: 'Speakers', html: table([...SPEAKER_HEAD], speakers.map(speakerRow)) })
  const ranked = utterances.map((one) => ({ one, wrong: errorCount(one) })).sort((a, b) => b.wrong - a.wrong)
  const rows = ranked.slice(0, MOST_ROWS).map(({ one, wrong }) => recording(one, wrong, dirname(resolve(file))))
  const left = ranked.length > MOST_ROWS ? ` The first ${MOST_ROWS} of ${ranked.length}.` : ''
  const key = `<p class="key">What was said above what was heard: <span class="said" style="display:inline-flex">${
    ['substitution', 'deletion', 'insertion'].map((type) => `<span class="${type}" style="display:inline">${type}</span>`).join('')
  }</span>; pale words have little confidence. A click on a word plays it where the recording lies beside this page as it did.${left}</p>`
  sections.push({ title: 'Recordings, those with most errors first', html: `${STYLE}${key}${rows.join('\n')}${SCRIPT}` })
  writeReport(file, { title, config: settings, log: [], figures: figures(result, seconds), sections })
}

function figures({ errors, characterErrors, interval, confidenceAuc, timing, duration }: EvaluationResult, seconds: number): ReportFigure[] {
  const { substitutions, deletions, insertions, referenceLength, sentences, wrongSentences, normalization } = errors
  return [
    {
      name: 'WER',
      value: `${percent(errors.rate)}${interval ? ` [${percent(interval.low)} to ${percent(interval.high)}]` : ''}`,
      convention: `${substitutions} substitutions, ${deletions} deletions, ${insertions} insertions in ${referenceLength} words; ` +
        `normalisation: ${normalization}${interval ? '; 95% of corpora resampled by recording' : ''}`,
    },
    { name: 'CER', value: percent(characterErrors.rate), convention: `of ${characterErrors.referenceLength} characters, spaces among them` },
    { name: 'Recordings with errors', value: `${wrongSentences} of ${sentences}`, convention: 'at least one' },
    ...(confidenceAuc === undefined ? [] : [{
      name: 'Confidence AUC', value: confidenceAuc.toFixed(3), convention: 'probability that a right word has more confidence than a wrong one',
    }]),
    ...(timing ? [{ name: 'Times', value: `${Math.round(1000 * timing.start.median)} ms`, convention: `median; ${timingText(timing)}` }] : []),
    { name: 'Real-time factor', value: (seconds / duration).toFixed(4), convention: `${duration.toFixed(1)} s of audio in ${seconds.toFixed(1)} s` },
  ]
}

function errorCount({ alignment }: EvaluatedUtterance): number {
  return alignment.filter(({ type }) => type !== 'hit').length
}

function recording({ audio, speaker, duration, alignment }: EvaluatedUtterance, wrong: number, folder: string): string {
  const path = relative(folder, audio)
  const url = path.split(sep).map(encodeURIComponent).join('/')
  const facts = [...(speaker === undefined ? [] : [speaker]), `${duration.toFixed(1)} s`, `${wrong} ${wrong === 1 ? 'error' : 'errors'}`]
  return `<div class="recording"><small>${escapeHtml([path, ...facts].join(' · '))}</small>` +
    `<audio controls preload="none" src="${escapeHtml(url)}"></audio>` +
    `<div class="said">${alignment.map(column).join('')}</div></div>`
}

function column({ type, reference = '', hypothesis = '', heard }: AlignedWord): string {
  const times = heard?.start === undefined ? '' : `${heard.start.toFixed(2)} to ${heard.end?.toFixed(2)} s, `
  const told = heard ? ` title="${times}confidence ${heard.confidence.toFixed(2)}"` : ''
  const at = heard?.start === undefined ? '' : ` data-at="${heard.start}"`
  const faded = heard ? ` style="opacity:${(0.4 + 0.6 * heard.confidence).toFixed(2)}"` : ''
  return `<span class="${type}"${told}${at}><span>${escapeHtml(reference)}</span><span${faded}>${escapeHtml(hypothesis)}</span></span>`
}

/** The cells are text. */
function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const cells = (tag: string, row: readonly string[]): string => `<tr>${row.map((cell) => `<${tag}>${escapeHtml(cell)}</${tag}>`).join('')}</tr>`
  return `<div class="wide"><table><thead>${cells('th', head)}</thead><tbody>${rows.map((row) => cells('td', row)).join('\n')}</tbody></table></div>`
}
