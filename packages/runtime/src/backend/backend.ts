/** The TF.js backend whose kernels do not calculate but add to a graph. */
import { totalmem } from 'node:os'
import { tf } from '../tf.js'
import { type TypedArray, Value } from '../graph/graph.js'
import { Boundary } from './boundary.js'
import { type ComputeOptions, Evaluator } from './evaluator.js'

export const BACKEND_NAME = 'onnx'

/** Pending nodes are computed at the latest when there are this many. */
const PENDING_LIMIT = 512
/** Fewer are not worth a graph of their own. */
const PENDING_LEAST = 64
/**
 * What compiled sessions may take: a training step of a few hundred MiB is compiled for each of its batch shapes, and
 * one that is let go is compiled anew in every round.
 */
const CACHE_BYTES = Math.max(1024 ** 3, memoryLimit() / 3)

type DataId = object

/** Complex numbers are two values of float32 and one shape. */
export type ComplexParts = readonly [real: Value, imaginary: Value]

interface Entry {
  value: Value | undefined
  strings: Uint8Array[] | undefined
  /** The real and the imaginary part of complex numbers. */
  parts?: ComplexParts
  references: number
}

/** While a function is traced, the backend asks its trace what may be read. */
export interface TraceGuard {
  /** Throws when reading `value` would freeze something that changes from call to call. */
  checkRead(value: Value): void
}

/** Bytes of memory that this process may use: the machine's, or its container's. */
function memoryLimit(): number {
  const constrained = process.constrainedMemory()
  return constrained > 0 ? Math.min(constrained, totalmem()) : totalmem()
}

export class OnnxBackend extends tf.KernelBackend {
  private engine: Evaluator
  private readonly entries = new Map<DataId, Entry>()
  private readonly live = new Set<Value>()
  private pendingCount = 0
  private readonly boundary = new Boundary()
  private atBoundary = false
  private trace: (TraceGuard & object) | undefined

  constructor(options: ComputeOptions) {
    super()
    this.engine = new Evaluator(options, CACHE_BYTES)
  }

  /** What computes and keeps compiled sessions. */
  get evaluator(): Evaluator {
    return this.engine
  }

  /** Computes on another device or with other threads from now on. Tensors stay. */
  setCompute(options: ComputeOptions): void {
    const { provider, threads } = this.engine.options
    if (options.provider === provider && options.threads === threads) return
    this.flush()
    if (options.provider !== provider) {
      for (const { value } of this.entries.values()) if (value?.resident) this.engine.bring(value)
    }
    this.engine.dispose()
    this.engine = new Evaluator(options, CACHE_BYTES)
  }

  /** The trace that is recording, if any. */
  get tracing(): object | undefined {
    return this.trace
  }

  /** Records into `trace` while `record` runs; nothing is computed meanwhile. */
  record<T>(trace: TraceGuard & object, record: () => T): T {
    this.trace = trace
    try {
      return record()
    } finally {
      this.trace = undefined
    }
  }

  override timerAvailable(): boolean {
    return false
  }

  override floatPrecision(): 32 {
    return 32
  }

  override epsilon(): number {
    return 1e-7
  }

  override numDataIds(): number {
    return this.entries.size
  }

  override memory(): { unreliable: boolean } {
    return { unreliable: false }
  }

  override write(values: tf.backend_util.BackendValues, shape: number[], dtype: tf.DataType): DataId {
    const dataId = {}
    this.move(dataId, values, shape, dtype, 1)
    return dataId
  }

  override move(
    dataId: DataId,
    values: tf.backend_util.BackendValues,
    shape: number[],
    dtype: tf.DataType,
    references: number,
  ): void {
    if (dtype === 'string') {
      this.entries.set(dataId, { value: undefined, strings: values as Uint8Array[], references })
      return
    }
    if (dtype === 'complex64') {
      const parts = tf.backend_util.splitRealAndImagArrays(values as Float32Array)
      this.attachParts(dataId, [Value.concrete(parts.real, shape, 'float32'), Value.concrete(parts.imag, shape, 'float32')], references)
      return
    }
    const value = Value.concrete(copyAs(dtype, values), shape, dtype)
    if (this.trace) {
      value.trace = this.trace
      value.uniform = uniformOf(value.data as TypedArray)
    }
    this.attach(dataId, value, references)
  }

  override refCount(dataId: DataId): number {
    return this.entries.get(dataId)?.references ?? 0
  }

  override incRef(dataId: DataId): void {
    const entry = this.entries.get(dataId)
    if (entry) entry.references++
  }

  override disposeData(dataId: DataId, force = false): boolean {
    const entry = this.entries.get(dataId)
    if (!entry) return true
    entry.references--
    if (!force && entry.references > 0) return false
    this.detach(entry)
    this.entries.delete(dataId)
    return true
  }

  override readSync(dataId: DataId): tf.backend_util.BackendValues {
    const entry = this.entryOf(dataId)
    if (entry.strings) return entry.strings
    if (entry.parts) {
      const [real, imaginary] = entry.parts.map((part) => this.readValue(part))
      return tf.backend_util.mergeRealAndImagArrays(real as Float32Array, imaginary as Float32Array)
    }
    return this.readValue(entry.value as Value) as Float32Array
  }

  private readValue(value: Value): TypedArray {
    this.trace?.checkRead(value)
    this.checkTrace(value)
    this.compute([value])
    return this.evaluator.read(value)
  }

  override async read(dataId: DataId): Promise<tf.backend_util.BackendValues> {
    return this.readSync(dataId)
  }

  override async time(run: () => void): Promise<{ kernelMs: number; wallMs?: number }> {
    const start = performance.now()
    run()
    this.flush()
    return { kernelMs: performance.now() - start }
  }

  override dispose(): void {
    this.evaluator.dispose()
    this.entries.clear()
    this.live.clear()
  }

  /** The value behind a tensor. */
  valueFor(tensor: tf.TensorInfo): Value {
    const { value } = this.entryOf(tensor.dataId)
    if (!value) throw new Error(`This operation is not one for tensors of ${tensor.dtype}.`)
    return this.usable(value)
  }

  /** The values behind a tensor of complex numbers. */
  partsFor(tensor: tf.TensorInfo): ComplexParts {
    const { parts } = this.entryOf(tensor.dataId)
    if (!parts) throw new Error(`A tensor of complex64 was expected, got ${tensor.dtype}.`)
    return [this.usable(parts[0]), this.usable(parts[1])]
  }

  private usable(value: Value): Value {
    this.checkTrace(value)
    if (value.node && value.trace !== this.trace) {
      // Pending work from before the trace is no part of it.
      this.compute([value])
    }
    return value
  }

  /** A TF.js tensor info for a value that a kernel made. */
  infoOf(value: Value): tf.TensorInfo {
    return this.infosOf([value])[0] as tf.TensorInfo
  }

  /** Tensor infos for the values that one kernel made. */
  infosOf(values: readonly Value[]): tf.TensorInfo[] {
    const infos = values.map((value) => this.show(value))
    // Only now: a value that no tensor shows yet would not be kept.
    if (this.pendingCount >= PENDING_LIMIT) {
      this.boundary.remember()
      this.flush()
    } else if (this.atBoundary && this.pendingCount >= PENDING_LEAST) {
      this.flush()
    }
    this.atBoundary = false
    return infos
  }

  /** A tensor info for complex numbers. */
  infoOfParts(parts: ComplexParts): tf.TensorInfo {
    const dataId = {}
    for (const part of parts) this.belongToTrace(part)
    this.attachParts(dataId, parts, 1)
    return { dataId, shape: [...parts[0].shape], dtype: 'complex64' }
  }

  private show(value: Value): tf.TensorInfo {
    const dataId = {}
    this.belongToTrace(value)
    this.attach(dataId, value, 1)
    if (value.pending && !this.trace) {
      this.pendingCount++
      if (this.boundary.passes(value)) this.atBoundary = true
    }
    return { dataId, shape: [...value.shape], dtype: value.type as tf.DataType }
  }

  private belongToTrace(value: Value): void {
    // A value that some tensor shows already was only passed on.
    if (this.trace && value.tensors === 0 && !value.trace) value.trace = this.trace
  }

  /** Puts another value behind a data id: how a compiled step updates a variable. Returns the old one, let go. */
  replace(dataId: DataId, value: Value): Value {
    const entry = this.entryOf(dataId)
    const old = entry.value as Value
    this.detach(entry)
    entry.value = value
    value.tensors++
    return old
  }

  /** Makes values concrete. */
  compute(values: readonly Value[]): void {
    if (!values.some((value) => value.pending)) return
    for (const value of this.evaluator.evaluate(values, this.live)) this.live.delete(value)
  }

  /** Computes everything that is pending and still wanted. */
  flush(): void {
    this.pendingCount = 0
    this.compute([...this.live])
  }

  private attach(dataId: DataId, value: Value, references: number): void {
    this.hold(value)
    this.entries.set(dataId, { value, strings: undefined, references })
  }

  private attachParts(dataId: DataId, parts: ComplexParts, references: number): void {
    for (const part of parts) this.hold(part)
    this.entries.set(dataId, { value: undefined, strings: undefined, parts, references })
  }

  private hold(value: Value): void {
    value.tensors++
    if (value.pending && !this.trace) this.live.add(value)
  }

  private detach({ value, parts }: Entry): void {
    for (const held of value ? [value] : (parts ?? [])) {
      held.tensors--
      if (held.tensors > 0) continue
      this.live.delete(held)
      held.freeIfUnused()
    }
  }

  /** What a trace recorded has no data of its own. */
  private checkTrace(value: Value): void {
    if (!value.trace || value.trace === this.trace || value.hasData) return
    throw new Error('A tensor made inside a function given to jit was used outside it: return it from the function.')
  }

  private entryOf(dataId: DataId): Entry {
    let entry = this.entries.get(dataId)
    const elsewhere = tf.engine().state.tensorInfo.get(dataId)?.backend
    if (!entry && elsewhere && elsewhere !== this) {
      // Made on another backend: TF.js moves data to where they are used.
      tf.engine().moveData(this, dataId)
      entry = this.entries.get(dataId)
    }
    if (!entry) throw new Error("The tensor's data are not on the backend 'onnx', or the tensor was disposed.")
    return entry
  }
}

/** The backend in use, or an error that says how to get it. */
export function onnxBackend(): OnnxBackend {
  if (tf.getBackend() !== BACKEND_NAME) {
    throw new Error(`The backend in use is '${tf.getBackend()}': call await useDevice('cpu') first.`)
  }
  return tf.backend() as OnnxBackend
}

function copyAs(dtype: 'float32' | 'int32' | 'bool', values: tf.backend_util.BackendValues): TypedArray {
  const source = values as unknown as ArrayLike<number>
  switch (dtype) {
    case 'float32':
      return new Float32Array(source)
    case 'int32':
      return new Int32Array(source)
    case 'bool':
      return new Uint8Array(source)
  }
}

function uniformOf(data: TypedArray): number | undefined {
  const first = data[0]
  if (first === undefined) return undefined
  for (let i = 1; i < data.length; i++) if (data[i] !== first) return undefined
  return Number(first)
}
