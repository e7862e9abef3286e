export { writeError, writeFileAtomic } from './atomic-file.js'
export { GraphSession, type GraphTensor, type PortInfo } from './inference/graph-session.js'
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
