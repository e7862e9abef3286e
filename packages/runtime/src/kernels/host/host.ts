/** Computes kernels on the host: reads their inputs, calls TF.js's kernel for its backend `cpu`, writes the results. */
import { BACKEND_NAME, type OnnxBackend } from '../../backend/backend.js'
import { tf } from '../../tf.js'
import { hostKernels } from './list.js'

type KernelConfig = Parameters<typeof tf.registerKernel>[0]
type KernelFunc = KernelConfig['kernelFunc']
type Arguments = Parameters<KernelFunc>[0]

export function registerHostKernels(): void {
  for (const { kernel, strings } of hostKernels) {
    const onHost: KernelFunc = (args) => computeOnHost(kernel, args)
    const ours = tf.getKernel(kernel, BACKEND_NAME)
    if (!strings) {
      tf.registerKernel({ kernelName: kernel, backendName: BACKEND_NAME, kernelFunc: onHost })
      continue
    }
    tf.unregisterKernel(kernel, BACKEND_NAME)
    const kernelFunc: KernelFunc = (args) => (takesStrings(args) ? onHost(args) : ours.kernelFunc(args))
    tf.registerKernel({ ...ours, kernelFunc })
  }
}

/** Whether a kernel was called with tensors of strings. */
function takesStrings({ inputs }: Arguments): boolean {
  for (const name in inputs) if (inputs[name]?.dtype === 'string') return true
  return false
}

/** Computes one kernel on the host, for a backend that reads and writes tensors synchronously. */
export function computeOnHost(name: string, { inputs, attrs, backend }: Arguments): tf.TensorInfo | tf.TensorInfo[] {
  const onnx = backend as OnnxBackend
  if (onnx.tracing) {
    throw new Error(
      `'${name}' is computed on the host, not by ONNX Runtime, and cannot be part of a function given to jit: ` +
        'compute it outside and pass the result in.',
    )
  }
  const cpu = hostBackend()
  const held: tf.TensorInfo[] = []
  const lend = (info: tf.TensorInfo): tf.TensorInfo => {
    const dataId = cpu.write(onnx.readSync(info.dataId), info.shape, info.dtype)
    const lent = { dataId, shape: info.shape, dtype: info.dtype }
    held.push(lent)
    return lent
  }
  try {
    // Kernels that take a list are given an array.
    const lent: Record<string, tf.TensorInfo | tf.TensorInfo[]> = Array.isArray(inputs) ? ([] as object as Record<string, tf.TensorInfo>) : {}
    for (const [key, value] of Object.entries(inputs as Record<string, tf.TensorInfo | tf.TensorInfo[] | undefined>)) {
      if (value) lent[key] = Array.isArray(value) ? value.map(lend) : lend(value)
    }
    const { kernelFunc } = tf.getKernel(name, 'cpu')
    const result = kernelFunc({ inputs: lent as Arguments['inputs'], attrs: attrs ?? {}, backend: cpu })
    const take = (info: tf.TensorInfo): tf.TensorInfo => {
      held.push(info)
      const dataId = onnx.write(cpu.readSync(info.dataId), info.shape, info.dtype)
      return { dataId, shape: info.shape, dtype: info.dtype }
    }
    return Array.isArray(result) ? result.map(take) : take(result)
  } finally {
    for (const { dataId } of held) cpu.disposeData(dataId, true)
  }
}

interface HostBackend extends tf.KernelBackend {
  /** Whether to advertise TF.js's native packages at the next write. */
  firstUse: boolean
}

function hostBackend(): HostBackend {
  const cpu = tf.findBackend('cpu') as HostBackend
  cpu.firstUse = false
  return cpu
}
