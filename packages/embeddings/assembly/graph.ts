// The training loop of large graphs for one thread: chunks of edges in, tables changed in place. Several threads run it on
// the same memory without locks. A chunk's edges are of one relation; each is told apart from the other edges' entities
// and from entities drawn for the whole chunk, on either side (Lerer et al., "PyTorch-BigGraph", 2019, section 4.3).

import { addGradients, gradientOfPrepared, gradientOfProducts, prepare, scoresOfProducts } from './comparators'
import { GraphSettings, Table } from './graph-settings'
import { addProduct, addScaled, dot, transpose } from './matrix'
import { applyOperator, operatorGradient } from './operators'
import { randomBelow, randomBits, seedRandom } from './random'
import { rankingLoss } from './ranking-losses'

const EPSILON: f32 = 1e-10
const TABLE_BYTES: usize = offsetof<Table>()
/** Of the id of an entity of the other partition, so that it is not taken for one of the same row. */
const OTHER: u32 = 0x80000000

let settings: GraphSettings = changetype<GraphSettings>(0)
// Of this thread. Left and right: ids (N), vectors as they are compared (N, d), their transposes (d, N), sizes (N) and
// gradients (N, d); of the right also the vectors before the operator and their gradients.
let leftIds: usize = 0
let rightIds: usize = 0
let left: usize = 0
let right: usize = 0
let rightInput: usize = 0
let transposed: usize = 0
let leftSizes: usize = 0
let rightSizes: usize = 0
let leftGradient: usize = 0
let rightGradient: usize = 0
let inputGradient: usize = 0
let scores: usize = 0
let gradients: usize = 0
let sums: usize = 0
let parametersGradient: usize = 0
let matrix: usize = 0

let lossSum: f64 = 0
let edgeSum: f64 = 0

function align(bytes: usize): usize {
  return (bytes + 63) & ~(<usize>63)
}

/** Lays this thread's rows out from `base`; gives the address of their end. */
function layOut(its: GraphSettings, base: usize): usize {
  const most = <usize>((its.chunkEdges + its.uniform + 7) & ~7)
  const bytes = <usize>its.dimensions << 2
  const list = align(most << 2)
  const rows = align(most * bytes)
  const block = align(<usize>its.chunkEdges * (most << 2))
  let at = base
  leftIds = at
  rightIds = (at += list)
  leftSizes = (at += list)
  rightSizes = (at += list)
  sums = (at += list)
  left = (at += list)
  right = (at += rows)
  rightInput = (at += rows)
  transposed = (at += rows)
  leftGradient = (at += rows)
  rightGradient = (at += rows)
  inputGradient = (at += rows)
  scores = (at += rows)
  gradients = (at += block)
  parametersGradient = (at += block)
  matrix = at += align(its.operatorBytes)
  return at + align(max(bytes, its.operatorBytes))
}

/** Bytes of memory that a thread needs besides what is shared. */
export function scratchBytes(at: usize): usize {
  return layOut(changetype<GraphSettings>(at), 0)
}

/** Prepares this thread: memory of `scratchBytes` at `scratch`, aligned to 64, and the seed of its choices. */
export function start(at: usize, scratch: usize, seed: u64): void {
  settings = changetype<GraphSettings>(at)
  layOut(settings, scratch)
  seedRandom(seed)
  lossSum = 0
  edgeSum = 0
}

/** Sum of the losses of both sides of the edges since `start`. */
export function lossOfThread(): f64 {
  return lossSum
}

/** Edges since `start`. */
export function edgesOfThread(): f64 {
  return edgeSum
}

/** Trains on chunks until none is left. */
export function train(): void {
  const next = <usize>settings.next
  for (let chunk = atomic.add<i32>(next, 1); chunk < settings.chunkCount; chunk = atomic.add<i32>(next, 1)) {
    if (atomic.load<i32>(next, 4) != 0) return
    const at = <usize>settings.chunks + <usize>chunk * 12
    trainChunk(load<i32>(at), load<i32>(at, 4), load<i32>(at, 8))
  }
}

function typeOf(relation: i32, side: usize): i32 {
  return load<i32>(<usize>settings.relations + (<usize>relation << 3) + side)
}

function tableOf(tables: u32, type: i32): Table {
  return changetype<Table>(<usize>tables + <usize>type * TABLE_BYTES)
}

function trainChunk(relation: i32, first: i32, edges: i32): void {
  const d = settings.dimensions
  const bytes = <usize>d << 2
  const count = edges + settings.uniform
  const columns = (count + 7) & ~7
  const stride = <usize>columns << 2
  const leftType = typeOf(relation, 0)
  const rightType = typeOf(relation, 4)
  const leftTable = tableOf(settings.leftTables, leftType)
  const rightTable = tableOf(settings.rightTables, rightType)
  // What is drawn comes from both partitions in memory that hold entities of the type, or those of different ones would never be compared.
  const otherLeft = tableOf(settings.rightTables, leftType)
  const otherRight = tableOf(settings.leftTables, rightType)
  const leftOwn = count - ofOther(leftTable, otherLeft)
  const rightOwn = count - ofOther(rightTable, otherRight)
  const parameters = <usize>settings.operators + <usize>relation * settings.operatorBytes
  for (let i = 0; i < edges; i++) {
    const edge = <usize>settings.edges + (<usize>(first + i) << 3)
    store<u32>(leftIds + (<usize>i << 2), load<u32>(edge))
    store<u32>(rightIds + (<usize>i << 2), load<u32>(edge, 4))
  }
  drawEntities(leftIds, edges, leftOwn, leftTable.count, 0)
  drawEntities(leftIds, leftOwn, count, otherLeft.count, OTHER)
  drawEntities(rightIds, edges, rightOwn, rightTable.count, 0)
  drawEntities(rightIds, rightOwn, count, otherRight.count, OTHER)
  gather(leftTable, leftIds, 0, leftOwn, left)
  gather(otherLeft, leftIds, leftOwn, count, left)
  gather(rightTable, rightIds, 0, rightOwn, rightInput)
  gather(otherRight, rightIds, rightOwn, count, rightInput)
  const padding = <usize>(columns - count) * bytes
  memory.fill(left + <usize>count * bytes, 0, padding)
  memory.fill(rightInput + <usize>count * bytes, 0, padding)
  applyOperator(settings.operator, parameters, right, rightInput, columns, d)
  const comparator = settings.comparator
  prepare(comparator, left, columns, bytes, leftSizes)
  prepare(comparator, right, columns, bytes, rightSizes)

  memory.fill(leftGradient, 0, <usize>columns * bytes)
  memory.fill(rightGradient, 0, <usize>columns * bytes)
  lossSum += compare(left, leftSizes, leftGradient, right, rightSizes, rightGradient, rightIds, edges, count, columns, stride)
  lossSum += compare(right, rightSizes, rightGradient, left, leftSizes, leftGradient, leftIds, edges, count, columns, stride)
  edgeSum += edges

  gradientOfPrepared(comparator, leftGradient, left, count, bytes, leftSizes)
  gradientOfPrepared(comparator, rightGradient, right, count, bytes, rightSizes)
  memory.fill(parametersGradient, 0, settings.operatorBytes)
  operatorGradient(settings.operator, parameters, rightInput, rightGradient, count, d, inputGradient, parametersGradient, matrix)
  scatter(leftTable, leftIds, 0, leftOwn, leftGradient)
  scatter(otherLeft, leftIds, leftOwn, count, leftGradient)
  scatter(rightTable, rightIds, 0, rightOwn, inputGradient)
  scatter(otherRight, rightIds, rightOwn, count, inputGradient)
  if (settings.operator != 0 && settings.operatorsFrozen == 0) moveOperator(relation, parameters)
}

/** Losses of the first rows of x against all of y, of which the i-th is the i-th row's own; adds both gradients. */
function compare(
  x: usize, xSizes: usize, toX: usize, y: usize, ySizes: usize, toY: usize, ids: usize, edges: i32, count: i32, columns: i32, stride: usize,
): f64 {
  const d = settings.dimensions
  const bytes = <usize>d << 2
  const size = <usize>edges * stride
  transpose(transposed, stride, y, columns, d)
  memory.fill(scores, 0, size)
  addProduct(scores, stride, x, bytes, 4, transposed, stride, edges, d, columns)
  scoresOfProducts(settings.comparator, scores, edges, stride, xSizes, ySizes)
  memory.copy(gradients, scores, size)
  let losses: f64 = 0
  for (let i = 0; i < edges; i++) {
    losses += rankingLoss(settings.loss, gradients + <usize>i * stride, ids, i, count, columns, settings.margin)
  }
  gradientOfProducts(settings.comparator, gradients, scores, edges, stride)
  addGradients(settings.comparator, gradients, edges, count, stride, x, y, d, toX, toY, sums)
  return losses
}

/** How many of the entities that are drawn come from the other partition: its share of the entities in both. */
function ofOther(own: Table, other: Table): i32 {
  if (other.vectors == own.vectors) return 0
  return <i32>(<u64>settings.uniform * other.count / (<u64>own.count + other.count))
}

function drawEntities(ids: usize, from: i32, to: i32, entities: u32, mark: u32): void {
  for (let i = from; i < to; i++) store<u32>(ids + (<usize>i << 2), randomBelow(entities) | mark)
}

/** Vectors of the entities of a list from place `first` up to `last`, to their rows. Of entities with features the mean of theirs. */
function gather(table: Table, ids: usize, first: i32, last: i32, rows: usize): void {
  const bytes = <usize>settings.dimensions << 2
  let to = rows + <usize>first * bytes
  for (let i = first; i < last; i++) {
    const id = load<u32>(ids + (<usize>i << 2)) & ~OTHER
    if (table.bagOffsets == 0) memory.copy(to, <usize>table.vectors + <usize>id * bytes, bytes)
    else {
      const offsets = <usize>table.bagOffsets + (<usize>id << 2)
      const begin = load<i32>(offsets)
      const end = load<i32>(offsets, 4)
      memory.fill(to, 0, bytes)
      const share = <f32>1 / <f32>(end - begin)
      for (let f = begin; f < end; f++) addScaled(to, featureRow(table, f, bytes), share, bytes)
    }
    to += bytes
  }
}

function featureRow(table: Table, place: i32, bytes: usize): usize {
  return <usize>table.vectors + <usize>load<u32>(<usize>table.bags + (<usize>place << 2)) * bytes
}

/** Moves entities down their gradients: row-wise Adagrad (Lerer et al. 2019, section 3.3), one sum of squares a row. */
function scatter(table: Table, ids: usize, first: i32, last: i32, rows: usize): void {
  if (table.frozen != 0) return
  const bytes = <usize>settings.dimensions << 2
  let from = rows + <usize>first * bytes
  for (let i = first; i < last; i++) {
    const id = load<u32>(ids + (<usize>i << 2)) & ~OTHER
    if (table.bagOffsets == 0) moveRow(table, id, from, 1, bytes)
    else {
      const offsets = <usize>table.bagOffsets + (<usize>id << 2)
      const begin = load<i32>(offsets)
      const end = load<i32>(offsets, 4)
      const share = <f32>1 / <f32>(end - begin)
      for (let f = begin; f < end; f++) moveRow(table, load<u32>(<usize>table.bags + (<usize>f << 2)), from, share, bytes)
    }
    from += bytes
  }
}

function moveRow(table: Table, row: u32, gradient: usize, share: f32, bytes: usize): void {
  const size = dot(gradient, gradient, bytes)
  if (size == 0) return
  const state = <usize>table.state + (<usize>row << 2)
  const squares = load<f32>(state) + share * share * size / <f32>settings.dimensions
  store<f32>(state, squares)
  const step = -settings.learningRate * share / (sqrt<f32>(squares) + EPSILON)
  addScaled(<usize>table.vectors + <usize>row * bytes, gradient, step, bytes)
}

/** Adagrad, one sum of squares a parameter. */
function moveOperator(relation: i32, parameters: usize): void {
  const state = <usize>settings.operatorState + <usize>relation * settings.operatorBytes
  const rate = f32x4.splat(-settings.operatorRate)
  const epsilon = f32x4.splat(EPSILON)
  for (let at: usize = 0; at < settings.operatorBytes; at += 16) {
    const g = v128.load(parametersGradient + at)
    const squares = f32x4.add(v128.load(state + at), f32x4.mul(g, g))
    v128.store(state + at, squares)
    const step = f32x4.div(f32x4.mul(rate, g), f32x4.add(f32x4.sqrt(squares), epsilon))
    v128.store(parameters + at, f32x4.add(v128.load(parameters + at), step))
  }
}

/** Sets `count` numbers at random, uniform in ± `limit`; `start` gives the seed. */
export function randomize(at: usize, count: u32, limit: f32): void {
  const unit = limit / <f32>2147483648.0
  for (let i: u32 = 0; i < count; i++) store<f32>(at + (<usize>i << 2), <f32>(<i32>randomBits()) * unit)
}

/**
 * Scores of queries (rows, d) against candidates (count, d), to (rows, count padded to eight): what is on the left against
 * what is on the right, or the other way.
 *
 * @param side 0: candidates are on the right, where the relation's operator is applied; 1: on the left, and queries on the right
 * @param work room for (rows + 2 count padded to eight, d) and (rows + count padded) numbers, aligned to 16
 */
export function score(relation: i32, side: i32, queries: usize, rows: i32, candidates: usize, count: i32, to: usize, work: usize): void {
  const d = settings.dimensions
  const bytes = <usize>d << 2
  const columns = (count + 7) & ~7
  const stride = <usize>columns << 2
  const ours = work
  const theirs = ours + <usize>rows * bytes
  const across = theirs + <usize>columns * bytes
  const ourSizes = across + <usize>columns * bytes
  const theirSizes = ourSizes + (<usize>((rows + 3) & ~3) << 2)
  const parameters = <usize>settings.operators + <usize>relation * settings.operatorBytes
  applyOperator(side == 0 ? 0 : settings.operator, parameters, ours, queries, rows, d)
  applyOperator(side == 0 ? settings.operator : 0, parameters, theirs, candidates, count, d)
  memory.fill(theirs + <usize>count * bytes, 0, <usize>(columns - count) * bytes)
  prepare(settings.comparator, ours, rows, bytes, ourSizes)
  prepare(settings.comparator, theirs, columns, bytes, theirSizes)
  transpose(across, stride, theirs, columns, d)
  memory.fill(to, 0, <usize>rows * stride)
  addProduct(to, stride, ours, bytes, 4, across, stride, rows, d, columns)
  scoresOfProducts(settings.comparator, to, rows, stride, ourSizes, theirSizes)
}
