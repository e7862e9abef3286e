import { type CleaningReport, type LeftOut, type Reason, reasons } from './clean-pairs.js'

const LONGEST = 60

/** What cleaning left out of a part of the data, with examples, as text in columns. */
export function cleaningTable(name: string, { read, kept, leftOut }: CleaningReport): string {
  const width = Math.max(...Object.values(reasons).map((reason) => reason.length))
  const line = (what: string, count: number) => `${what.padEnd(width)}  ${String(count).padStart(9)}`
  const lines = [`${name}:`, line('pairs read', read)]
  for (const [reason, { count, examples }] of Object.entries(leftOut) as [Reason, LeftOut][]) {
    lines.push(line(reasons[reason], -count))
    for (const { source, target } of examples) lines.push(`    ${shown(source)} ||| ${shown(target)}`)
  }
  return [...lines, line('trained on', kept)].join('\n')
}

/** One line, however odd what it shows is. */
function shown(text: string): string {
  const visible = JSON.stringify(text).slice(1, -1).replace(/\\"/g, '"').replace(/[^\P{Cc}]|\p{Cs}|\p{Co}/gu, '\uFFFD')
  return visible.length > LONGEST ? `${visible.slice(0, LONGEST - 1)}…` : visible
}
