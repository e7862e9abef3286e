/** Rewrites of a whole graph before it is compiled. Each keeps every output's value. */
import { type Node, pendingNodes, type Value } from '../graph.js'
import { fuseBias } from './bias.js'
import { flattenRows } from './rows.js'
import { fuseScale } from './scale.js'
import { fuseScatter } from './scatter.js'
import { fuseSquares } from './squares.js'

/** The nodes to compile for `outputs`, rewritten. `outputs` keep their identity. */
export function optimize(outputs: readonly Value[]): Node[] {
  fuseBias(pendingNodes(outputs), outputs)
  fuseScale(pendingNodes(outputs), outputs)
  fuseSquares(pendingNodes(outputs), outputs)
  fuseScatter(pendingNodes(outputs), outputs)
  return pendingNodes(outputs)
}

/** The same for a graph whose sizes are all known. */
export function optimizeStatic(outputs: readonly Value[]): Node[] {
  optimize(outputs)
  flattenRows(pendingNodes(outputs))
  return pendingNodes(outputs)
}
