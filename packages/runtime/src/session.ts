export { GraphSession, type GraphTensor, type PortInfo } from './inference/graph-session.js'
