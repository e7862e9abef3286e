import type { MachineInfo } from './info.js'

/** The text that `parlance-runtime info` prints. */
export function describe({ versions, platform, cpu, memory, devices, measured }: MachineInfo): string {
  const { device, threads, adapter, passedOver, products, bandwidth } = measured
  const width = Math.max(...devices.map(({ device: name }) => name.length))
  const lines = [
    `parlance ${versions.parlance}, Node ${versions.node}, ONNX Runtime ${versions.onnxRuntime}, TF.js ${versions.tensorflowJs}, ${platform}`,
    `${cpu.model}, ${cpu.threads} threads, ${(memory / 2 ** 30).toFixed(1)} GiB of memory`,
    '',
    ...devices.map(({ device: name, available, missing, adapter: kind }) => {
      const state = available ? `yes${kind ? ` (computes in ${kind})` : ''}` : `no: ${missing}`
      return `${name.padEnd(width)}  ${state}`
    }),
    ...(passedOver ? [`auto takes ${device}.`] : []),
    '',
    `On ${device}${adapter ? ` (${adapter})` : ''}, ${threads} threads on the CPU, float32:`,
    ...products.map(({ size, gflops }) => `${`${size} × ${size} × ${size} products`.padEnd(30)} ${gflops.toFixed(0).padStart(8)} GFLOP/s`),
    `${`reading and writing ${bandwidth.megabytes.toFixed(0)} MB`.padEnd(30)} ${bandwidth.gigabytesPerSecond.toFixed(1).padStart(8)} GB/s`,
  ]
  return `${lines.join('\n')}\n`
}
