/** A part of the quickstart: what it printed, and the name of the model folder that it left. */
export interface Chapter {
  title: string
  text: string
  model: string
}

export function heading(text: string): void {
  console.log(`\n${text}`)
}

export function line(text: string): void {
  console.log(text === '' ? '' : `   ${text}`)
}

/** Rows with their columns aligned, the first to the left, the others to the right. */
export function table(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => (row[column] ?? '').length)))
  return rows.map((row) => row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0))).join('  '))
}

/** A whole number with its thousands apart. */
export function number(value: number): string {
  return value.toLocaleString('en')
}
