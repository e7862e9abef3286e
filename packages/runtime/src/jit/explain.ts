/** What a compiled function consists of and where its time goes, as ONNX Runtime's profiler saw it. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** All nodes of one operator on one device, in one run. */
export interface OperatorTime {
  /** ONNX Runtime's name, after its fusions. */
  operator: string
  /** Where it ran: ONNX Runtime's execution provider, in lower case. */
  device: string
  nodes: number
  milliseconds: number
}

/** Bytes that a compiled function takes. */
export interface ExplainedBytes {
  arguments: number
  /** Variables that it reads or assigns. */
  variables: number
  /** Second copies of variables whose new values are not written over the old ones. */
  spares: number
  /** Tensors that it captured, and constants in the graph. */
  constants: number
  results: number
  /** An estimate of the most that is needed at one time of what it computes, results and new states included. */
  peak: number
}

export interface Explanation {
  /** The device that was asked for. */
  device: string
  /** Operators as recorded, before ONNX Runtime rewrites the graph. */
  recorded: number
  /** Operators that run. */
  nodes: number
  bytes: ExplainedBytes
  /** What recording `fn` and compiling the graph took. */
  compileMilliseconds: { trace: number; compile: number }
  /** One run of the graph, the mean of some. */
  milliseconds: number
  /** Slowest first. On devices that work on their own, the time to hand the work over. */
  operators: OperatorTime[]
  /** Those that ran on the CPU though another device was asked for. */
  offDevice: OperatorTime[]
  /** All of this as a table. */
  toString(): string
}

interface ProfileEvent {
  cat: string
  name: string
  /** When it began, and for how long: microseconds. */
  ts: number
  dur: number
  args?: { op_name?: string; provider?: string }
}

/** Gives `run` a prefix for a profile, and returns the profile that was written by the time it is over. */
export function profiled(run: (prefix: string) => void): ProfileEvent[] {
  const folder = mkdtempSync(join(tmpdir(), 'parlance-profile-'))
  try {
    run(join(folder, 'run'))
    const [file] = readdirSync(folder)
    if (file === undefined) throw new Error('ONNX Runtime wrote no profile: this is a defect of the runtime.')
    return JSON.parse(readFileSync(join(folder, file), 'utf8')) as ProfileEvent[]
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** The operators and the time of one run, means over all runs of a profile but the first, which warms up. */
export function timesOf(events: readonly ProfileEvent[]): { operators: OperatorTime[]; milliseconds: number } {
  const ends = events.flatMap((event, i) => (event.name === 'model_run' ? [i] : []))
  const runs = ends.length - 1
  const operators = new Map<string, OperatorTime>()
  const measured = events.slice(ends[0])
  for (const event of measured) {
    const { cat, name, args } = event
    if (cat !== 'Node' || !name.endsWith('_kernel_time') || !args?.op_name) continue
    // What a loop repeats is counted itself.
    const dur = args.op_name === 'Scan' ? event.dur - within(event, measured) : event.dur
    const device = (args.provider ?? '').replace('ExecutionProvider', '').toLowerCase()
    const key = `${args.op_name} ${device}`
    const sum = operators.get(key) ?? { operator: args.op_name, device, nodes: 0, milliseconds: 0 }
    sum.nodes += 1 / runs
    sum.milliseconds += dur / 1000 / runs
    operators.set(key, sum)
  }
  const milliseconds = ends.slice(1).reduce((sum, i) => sum + (events[i] as ProfileEvent).dur / 1000, 0) / runs
  const sorted = [...operators.values()].sort((a, b) => b.milliseconds - a.milliseconds)
  return { operators: sorted.map((sum) => ({ ...sum, nodes: Math.round(sum.nodes) })), milliseconds }
}

/** The time of the operators that ran during another one. */
function within(outer: ProfileEvent, events: readonly ProfileEvent[]): number {
  const inside = ({ cat, name, ts }: ProfileEvent): boolean =>
    cat === 'Node' && name.endsWith('_kernel_time') && ts > outer.ts && ts < outer.ts + outer.dur
  return events.reduce((sum, event) => sum + (inside(event) ? event.dur : 0), 0)
}

export function explanation(parts: Omit<Explanation, 'nodes' | 'offDevice' | 'toString'>): Explanation {
  const { operators, device } = parts
  const result = {
    ...parts,
    nodes: operators.reduce((sum, { nodes }) => sum + nodes, 0),
    offDevice: operators.filter((operator) => operator.device !== device),
  }
  return Object.defineProperty(result, 'toString', { value: () => table(result), enumerable: false })
}

const mebibytes = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(1)} MiB`

function table(explained: Omit<Explanation, 'toString'>): string {
  const { device, recorded, nodes, bytes, compileMilliseconds: made, milliseconds, operators, offDevice } = explained
  const rows = operators.map(({ operator, device, nodes, milliseconds: time }) => {
    const share = milliseconds > 0 ? `${((100 * time) / milliseconds).toFixed(1)}%` : ''
    return [operator, device, String(nodes), time.toFixed(3), share]
  })
  const lines = [['operator', 'device', 'nodes', 'ms', 'share'], ...rows]
  const widths = [0, 1, 2, 3, 4].map((column) => Math.max(...lines.map((line) => (line[column] as string).length)))
  const text = lines.map((line) => line.map((cell, i) => (i < 2 ? cell.padEnd(widths[i] as number) : cell.padStart(widths[i] as number))).join('  '))
  const off = offDevice.reduce((sum, { nodes }) => sum + nodes, 0)
  return [
    `${nodes} nodes on ${device}, of ${recorded} recorded; ${off === 0 ? 'none' : off} of them left it`,
    `${milliseconds.toFixed(2)} ms a run; recorded in ${made.trace.toFixed(0)} ms, compiled in ${made.compile.toFixed(0)} ms`,
    `arguments ${mebibytes(bytes.arguments)}, variables ${mebibytes(bytes.variables)} and second copies ${mebibytes(bytes.spares)}, ` +
      `constants ${mebibytes(bytes.constants)}, results ${mebibytes(bytes.results)}, peak about ${mebibytes(bytes.peak)}`,
    '',
    ...text,
  ].join('\n')
}
