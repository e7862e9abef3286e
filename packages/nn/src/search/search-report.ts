import { formatDuration, formatNumber } from '../training/format.js'
import { escapeHtml, type ReportContent, type ReportFigure, type ReportPlot, type ReportSection, table } from '../training/report.js'
import type { DistributionDescription, ParameterValue } from './distributions.js'
import { type Axis, choiceAxis, drawing, numberAxis, x, y } from './drawing.js'
import { bestOf, type Direction, type TrialResult } from './results.js'
import { increment, type Rung } from './rungs.js'
import type { RunRecord } from './search-folder.js'
import type { DrawnParameter } from './space.js'

export interface Searched {
  direction: Direction
  config: unknown
  rungs: readonly Rung[]
  /** In the order of the search. */
  runs: readonly RunRecord[]
  /** The hyper-parameters of each trial. */
  drawn: readonly ReadonlyMap<string, DrawnParameter>[]
  /** Best first. */
  trials: readonly TrialResult<object>[]
}

/** The page of a search: its trials as a table, the best metric so far, metrics by hyper-parameter, learning curves. */
export function searchReport(searched: Searched): ReportContent {
  const { config, trials } = searched
  const sections: ReportSection[] = [{ title: 'Trials', html: trialTable(searched) }]
  const metrics = trials.flatMap((trial) => ('metric' in trial ? [trial.metric] : []))
  if (metrics.length > 0) sections.push({ title: 'Hyper-parameters', html: charts(scatters(searched, metrics)) })
  const points = trials.flatMap(({ curve }) => curve)
  if (points.length > 0) sections.push({ title: 'Learning curves of the trials', html: charts([learningCurves(searched, points)]) })
  return { title: 'Hyper-parameter search', config, log: [], plots: [bestSoFar(searched)], figures: figures(searched), sections }
}

const charts = (drawings: readonly string[]): string => `<div class="charts">${drawings.join('\n')}</div>`

/** Steps of each run's end, counted over the whole search. */
function stepsSpent({ runs, rungs }: Searched): number[] {
  let sum = 0
  return runs.map(({ rung }) => (sum += increment(rungs, rung)))
}

function figures(searched: Searched): ReportFigure[] {
  const { trials, direction, runs } = searched
  const best = bestOf(trials)
  const failed = trials.filter((trial) => 'failed' in trial).length
  const better = direction === 'minimize' ? 'smaller' : 'greater'
  return [
    ...(best
      ? [{ name: 'best metric', value: formatNumber(best.metric), convention: `${better} is better; trial ${best.trial} after ${best.budget} steps` }]
      : []),
    { name: 'trials', value: trials.length, convention: `${failed} of them failed` },
    { name: 'steps', value: stepsSpent(searched).at(-1) ?? 0, convention: 'planned for what is done, over all trials and rungs' },
    {
      name: 'time',
      value: formatDuration(runs.reduce((sum, { seconds }) => sum + seconds, 0)),
      convention: 'of the trials, one after the other',
    },
  ]
}

function shown(value: ParameterValue | undefined): string {
  if (value === undefined) return ''
  return typeof value === 'number' ? formatNumber(value) : String(value)
}

/** The names of all hyper-parameters with what they are drawn from, in the first trial that has them. */
function parameterNames(drawn: Searched['drawn']): Map<string, DistributionDescription> {
  const names = new Map<string, DistributionDescription>()
  for (const parameters of drawn) {
    for (const [name, { description }] of parameters) if (!names.has(name)) names.set(name, description)
  }
  return names
}

function trialTable({ trials, drawn }: Searched): string {
  const names = [...parameterNames(drawn).keys()]
  const rows = trials.map((trial) => [
    'metric' in trial ? formatNumber(trial.metric) : trial.failed,
    String(trial.trial),
    String(trial.budget),
    ...names.map((name) => shown(drawn[trial.trial]?.get(name)?.value)),
    formatDuration(trial.seconds),
  ])
  return table(['metric', 'trial', 'steps', ...names, 'time'], rows)
}

function bestSoFar(searched: Searched): ReportPlot {
  const steps = stepsSpent(searched)
  const [better, worst] = searched.direction === 'minimize' ? [Math.min, Infinity] : [Math.max, -Infinity]
  let best = worst
  const points = searched.runs.flatMap(({ metric }, i): [number, number][] => {
    best = better(best, metric ?? worst)
    return best === worst ? [] : [[steps[i] as number, best]]
  })
  const note = 'The best metric of any rung, over the steps of all trials.'
  return { title: 'Best so far', note, xName: 'steps', curves: [{ name: 'best metric', points }] }
}

/** Logarithmic where the values are positive and range over more than two orders of magnitude. */
function metricAxis(values: readonly number[]): Axis<number> {
  let [low, high] = [Infinity, -Infinity]
  for (const value of values) [low, high] = [Math.min(low, value), Math.max(high, value)]
  return numberAxis('metric', values, low > 0 && high > 100 * low)
}

/** What a trial is, for who points at its mark. */
function tooltip(trial: TrialResult<object>): string {
  const parameters = Object.entries(trial.parameters).map(([name, value]) => `${name} ${shown(value as ParameterValue)}`)
  const outcome = 'metric' in trial ? `metric ${formatNumber(trial.metric)}` : trial.failed
  return `<title>${escapeHtml(`trial ${trial.trial}, ${trial.budget} steps: ${outcome}; ${parameters.join(', ')}`)}</title>`
}

/** From 0.25 for the first rung to 1 for the last. */
function opacity(trial: TrialResult<object>, rungs: readonly Rung[]): string {
  return (0.25 + (0.75 * (trial.rung + 1)) / rungs.length).toFixed(2)
}

/** One drawing for each hyper-parameter: the metric of every trial by its value. */
function scatters({ trials, drawn, rungs }: Searched, metrics: readonly number[]): string[] {
  const up = metricAxis(metrics)
  return [...parameterNames(drawn)].map(([name, description]) => {
    const marks = trials.flatMap((trial) => {
      const value = drawn[trial.trial]?.get(name)?.value
      return value === undefined ? [] : [{ trial, value }]
    })
    const across = parameterAxis(name, description, marks.map(({ value }) => value))
    const drawnMarks = marks.map(({ trial, value }) => {
      const at = x(across.place(value as never))
      if ('failed' in trial) {
        return `<text x="${at}" y="${y(0.97)}" text-anchor="middle" fill="var(--second)">×${tooltip(trial)}</text>`
      }
      return (
        `<circle cx="${at}" cy="${y(up.place(trial.metric))}" r="3.5" fill="var(--first)" ` +
        `fill-opacity="${opacity(trial, rungs)}">${tooltip(trial)}</circle>`
      )
    })
    return drawing(name, 'Metric of each trial; darker with more steps; × failed.', across, up, drawnMarks)
  })
}

function parameterAxis(
  name: string,
  description: DistributionDescription,
  values: readonly ParameterValue[],
): Axis<number> | Axis<ParameterValue> {
  if (values.every((value) => typeof value === 'number') && !('choice' in description)) {
    return numberAxis(name, values, 'logUniform' in description)
  }
  const known = 'choice' in description ? description.choice : []
  return choiceAxis(name, [...new Set([...known, ...values])])
}

function learningCurves({ trials, rungs }: Searched, points: readonly [number, number][]): string {
  const up = metricAxis(points.map(([, metric]) => metric))
  const across = numberAxis('steps', points.map(([step]) => step), false)
  const best = bestOf(trials)
  // The best last, above the others.
  const marks = [...trials].reverse().map((trial) => {
    const places = trial.curve.map(([step, metric]) => `${x(across.place(step))},${y(up.place(metric))}`)
    const path = [...places, ...places.slice(-1)].join(' ') // one point alone becomes a dot
    const colour = trial === best ? 'var(--second)' : 'var(--first)'
    return (
      `<polyline points="${path}" fill="none" stroke-linecap="round" stroke="${colour}" stroke-width="${trial === best ? 2 : 1}" ` +
      `stroke-opacity="${opacity(trial, rungs)}">${tooltip(trial)}</polyline>`
    )
  })
  return drawing('Metric by steps', 'As reported; the best trial in the second colour, those of more rungs darker.', across, up, marks)
}
