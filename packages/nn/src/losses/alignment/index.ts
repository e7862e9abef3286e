export { alignCtc, type CtcAlignment } from './ctc-alignment.js'
export { type RnntAlignment, rnntAlignments } from './rnnt-alignment.js'
export { ctcLatticeSvg, type LatticeDrawing, rnntLatticeSvg } from './lattice-svg.js'
