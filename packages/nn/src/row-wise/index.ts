export { distinctRows, RowTable } from './row-table.js'
export { RowAdagrad, type RowAdagradOptions, RowAdam, type RowAdamOptions, RowSGD, type RowState } from './row-optimizers.js'
export { GraphRowAdagrad, GraphRowAdam, GraphRowSGD } from './graph-row-optimizers.js'
