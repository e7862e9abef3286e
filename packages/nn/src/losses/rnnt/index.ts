export { type RnntTargets } from './targets.js'
export { type RnntOptions, rnntLoss } from './rnnt-loss.js'
export { type Arcs, type Occupancies } from './wavefront.js'
export { rnntLatticeLoss } from './lattice-loss.js'
