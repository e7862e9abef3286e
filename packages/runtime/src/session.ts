export { writeError, writeFileAtomic } from './atomic-file.js'
export { gatherRows } from './inference/device-tensor.js'
export { type GraphDevice, GraphSession, type PortInfo } from './inference/graph-session.js'
export type { GraphTensor } from './inference/graph-tensor.js'
export { type Quantization, storedTensors } from './quantize/stored-weights.js'
export {
  locateSafetensors,
  readSafetensors,
  type SafetensorsLocation,
  type SafetensorsTensor,
  storesFloats,
  toFloat32,
  writeSafetensors,
} from './safetensors.js'
export { Random } from './random.js'
export { WorkerPool } from './worker/worker-pool.js'
