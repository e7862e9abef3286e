export { GraphSession, type GraphTensor, type PortInfo } from './inference/graph-session.js'
export { locateSafetensors, type SafetensorsLocation, storesFloats } from './safetensors.js'
