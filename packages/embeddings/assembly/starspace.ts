// The training loop of StarSpace for one thread: examples in, one table changed in place. Several threads run it on the
// same memory without locks (Niu, Recht, Ré and Wright, "HOGWILD!", 2011).

import { addToInput, scaledSum, scoreOne } from './products'
import { randomBelow, randomBits, seedRandom } from './random'
import { countDone, finishSchedule, isStopped, rate, startSchedule } from './schedule'
import { all, expNegative, log1p, multiplyAdd, sum } from './simd'
import { StarSpaceSettings, Task } from './starspace-settings'

const TAGS: i32 = 0
const PAGES: i32 = 1
/** In Adagrad's square root and below norms. */
const EPSILON: f32 = 1e-6

let settings: StarSpaceSettings = changetype<StarSpaceSettings>(0)
// Of this thread: addresses of lists and rows.
let bag: usize = 0
let parts: usize = 0
let partRows: usize = 0
let candidates: usize = 0
let sums: usize = 0
let scores: usize = 0
let weights: usize = 0
let inverseNorms: usize = 0
let query: usize = 0
let queryChange: usize = 0
let candidateChange: usize = 0
let zeros: usize = 0

let bagSize: i32 = 0
let candidateCount: i32 = 0
let lossSum: f64 = 0
let examples: f64 = 0

function align(bytes: usize): usize {
  return (bytes + 63) & ~(<usize>63)
}

/** Lays this thread's lists out from `base`; gives the address of their end. */
function layOut(its: StarSpaceSettings, base: usize): usize {
  const list = align(4 * (its.mostCandidates + 3))
  const bytes = <usize>its.rowBytes
  let at = base
  bag = at
  at += align(4 * its.longestBag)
  parts = at
  at += list
  partRows = at
  at += align(4 * its.longestBag)
  candidates = at
  at += list
  scores = at
  at += list
  weights = at
  at += list
  inverseNorms = at
  at += list
  sums = at
  at += <usize>its.mostCandidates * bytes
  query = at
  at += bytes
  queryChange = at
  at += bytes
  candidateChange = at
  at += bytes
  zeros = at
  at += bytes
  return at
}

/** Memory that `start` needs for itself. */
export function scratchBytes(address: usize): usize {
  return layOut(changetype<StarSpaceSettings>(address), 0)
}

/** @param scratch zeroed memory of `scratchBytes` */
export function start(address: usize, scratch: usize, seed: u64): void {
  settings = changetype<StarSpaceSettings>(address)
  layOut(settings, scratch)
  seedRandom(seed)
  lossSum = 0
  examples = 0
  startSchedule(settings.progress, settings.totalExamples, settings.learningRate)
}

/** Counts the last examples; call when the thread's part is at an end. */
export function finish(): void {
  finishSchedule()
}

/** Sum of the losses since `start`. */
export function lossOfThread(): f64 {
  return lossSum
}

/** Examples since `start`; those without a feature or a negative are not counted. */
export function examplesOfThread(): f64 {
  return examples
}

function word(list: usize, i: u32): u32 {
  return load<u32>(list + (<usize>i << 2))
}

function number(list: usize, i: i32): f32 {
  return load<f32>(list + (<usize>i << 2))
}

function setNumber(list: usize, i: i32, value: f32): void {
  store<f32>(list + (<usize>i << 2), value)
}

function rowOf(feature: u32): u32 {
  return settings.table + word(settings.features, feature) * settings.rowBytes
}

/** n^-p */
function scaleOf(n: i32): f32 {
  return number(settings.bagScales, n)
}

function dot(a: usize, b: usize): f32 {
  const bytes = <usize>settings.rowBytes
  let total = all(0)
  for (let d: usize = 0; d < bytes; d += 16) total = multiplyAdd(v128.load(a + d), v128.load(b + d), total)
  return sum(total)
}

function inverseNorm(a: usize): f32 {
  return <f32>1 / Mathf.sqrt(dot(a, a) + EPSILON)
}

/** to = a·x + b·y */
function combine(to: usize, a: f32, x: usize, b: f32, y: usize): void {
  const bytes = <usize>settings.rowBytes
  const ofX = all(a)
  const ofY = all(b)
  for (let d: usize = 0; d < bytes; d += 16) {
    v128.store(to + d, multiplyAdd(ofX, v128.load(x + d), f32x4.mul(ofY, v128.load(y + d))))
  }
}

/** Puts the rows of a part into the left-hand side's bag, some of them left out at random. */
function listPart(part: u32): void {
  const end = word(settings.partFeatures, part + 1)
  for (let f = word(settings.partFeatures, part); f < end; f++) {
    if (settings.dropout != 0 && randomBits() < settings.dropout) continue
    store<u32>(bag + (<usize>bagSize << 2), rowOf(f))
    bagSize++
  }
}

/** Lists the rows of a part; gives their number. */
function listRows(part: u32): i32 {
  const first = word(settings.partFeatures, part)
  const count = <i32>(word(settings.partFeatures, part + 1) - first)
  for (let i = 0; i < count; i++) store<u32>(partRows + (<usize>i << 2), rowOf(first + i))
  return count
}

/** A part's vector: its row where it has one feature, else the scaled sum of its rows. */
function addCandidate(part: u32): void {
  const place = <usize>candidateCount << 2
  const rows = listRows(part)
  let vector = <usize>load<u32>(partRows)
  if (rows != 1) {
    vector = sums + <usize>candidateCount * settings.rowBytes
    scaledSum(vector, partRows, rows, settings.rowBytes, scaleOf(rows))
  }
  store<u32>(parts + place, part)
  store<u32>(candidates + place, <u32>vector)
  candidateCount++
}

/** Whether a part stands in an example: as itself, or a label or page by its row. */
function stands(part: u32, first: u32, end: u32, kind: i32): bool {
  if (part >= first && part < end) return true
  if (kind != TAGS && kind != PAGES) return false
  const row = word(settings.features, word(settings.partFeatures, part))
  for (let own = kind == TAGS ? first + 1 : first; own < end; own++) {
    if (word(settings.features, word(settings.partFeatures, own)) == row) return true
  }
  return false
}

/** All labels where the task lists them, else parts of examples drawn at random; none of the example's own. */
function addNegatives(task: Task, first: u32, end: u32): void {
  if (task.labelCount > 0) {
    for (let l: u32 = 0; l < task.labelCount; l++) {
      if (!stands(task.firstLabel + l, first, end, task.kind)) addCandidate(task.firstLabel + l)
    }
    return
  }
  for (let k = settings.negatives; k > 0; k--) {
    const example = task.firstExample + randomBelow(task.exampleCount)
    const from = word(settings.exampleParts, example) + (task.kind == TAGS ? 1 : 0)
    const part = from + randomBelow(word(settings.exampleParts, example + 1) - from)
    if (!stands(part, first, end, task.kind)) addCandidate(part)
  }
}

/** Chooses both sides of an example; false where there is nothing to learn. */
function choose(example: u32): bool {
  const task = changetype<Task>(<usize>settings.tasks + <usize>word(settings.exampleTasks, example) * offsetof<Task>())
  const first = word(settings.exampleParts, example)
  const end = word(settings.exampleParts, example + 1)
  let positive: u32
  bagSize = 0
  candidateCount = 0
  if (task.kind == TAGS) {
    positive = first + 1 + randomBelow(end - first - 1)
    listPart(first)
  } else if (task.kind == PAGES) {
    positive = first + randomBelow(end - first)
    for (let part = first; part < end; part++) if (part != positive) listPart(part)
  } else {
    const left = first + randomBelow(end - first)
    positive = first + randomBelow(end - first - 1)
    if (positive >= left) positive++
    listPart(left)
  }
  if (bagSize == 0) return false
  addCandidate(positive)
  addNegatives(task, first, end)
  return candidateCount > 1
}

/** The smallest share of a candidate; exp underflows beyond. */
const LARGEST_DIFFERENCE: f32 = 80

/** log a for a from 1 on: a = 2^n (1 + e). */
function logarithm(a: f32): f32 {
  const bits = reinterpret<u32>(a)
  const n = <i32>(bits >> 23) - 127
  const e = reinterpret<f32>((bits & 0x7fffff) | 0x3f800000) - 1
  return <f32>n * <f32>0.6931471805599453 + f32x4.extract_lane(log1p(all(e)), 0)
}

/** Turns scores into minus the loss's derivatives by them, in `weights`; gives the loss. */
function softmaxLoss(): f64 {
  let largest = number(scores, 0)
  for (let k = 1; k < candidateCount; k++) largest = max(largest, number(scores, k))
  let total: f32 = 0
  for (let k = 0; k < candidateCount; k++) {
    const e = f32x4.extract_lane(expNegative(all(min(LARGEST_DIFFERENCE, largest - number(scores, k)))), 0)
    setNumber(weights, k, -e)
    total += e
  }
  for (let k = 0; k < candidateCount; k++) setNumber(weights, k, number(weights, k) / total)
  setNumber(weights, 0, 1 + number(weights, 0))
  return <f64>(logarithm(total) + largest - number(scores, 0))
}

/** The mean over the negatives of max(0, margin − score of the positive + its score). */
function marginLoss(): f64 {
  const share = <f32>1 / <f32>(candidateCount - 1)
  const border = number(scores, 0) - settings.margin
  let loss: f32 = 0
  let violated = 0
  for (let k = 1; k < candidateCount; k++) {
    const excess = number(scores, k) - border
    setNumber(weights, k, excess > 0 ? -share : 0)
    if (excess <= 0) continue
    loss += excess
    violated++
  }
  setNumber(weights, 0, share * <f32>violated)
  return <f64>(loss * share)
}

/** Moves rows by a change of their scaled sum. */
function moveRows(rows: usize, count: i32, change: usize): void {
  const bytes = <usize>settings.rowBytes
  const scale = scaleOf(count)
  const meanSquare = settings.accumulators == 0 ? <f32>0 : (scale * scale * dot(change, change)) / <f32>settings.width
  for (let r = 0; r < count; r++) {
    const at = <usize>load<u32>(rows + (<usize>r << 2))
    let step = rate * scale
    if (settings.accumulators != 0) {
      const accumulator = <usize>settings.accumulators + (((<u32>at - settings.table) / settings.rowBytes) << 2)
      const squares = load<f32>(accumulator) + meanSquare
      store<f32>(accumulator, squares)
      step /= Mathf.sqrt(squares + EPSILON)
    }
    const steps = all(step)
    for (let d: usize = 0; d < bytes; d += 16) v128.store(at + d, multiplyAdd(steps, v128.load(change + d), v128.load(at + d)))
  }
}

/** One step with the example that was chosen. */
function step(): void {
  const bytes = <usize>settings.rowBytes
  scaledSum(query, bag, bagSize, bytes, scaleOf(bagSize))
  for (let padded = candidateCount; padded % 3 != 0; padded++) store<u32>(candidates + (<usize>padded << 2), <u32>zeros)
  scoreOne(query, candidates, candidateCount, bytes, scores)
  const cosine = settings.cosine != 0
  const ofQuery = cosine ? inverseNorm(query) : <f32>1
  if (cosine) {
    for (let k = 0; k < candidateCount; k++) {
      const inverse = inverseNorm(word(candidates, k))
      setNumber(inverseNorms, k, inverse)
      setNumber(scores, k, number(scores, k) * ofQuery * inverse)
    }
  }
  lossSum += settings.softmax != 0 ? softmaxLoss() : marginLoss()
  examples += 1
  // d cos(a, b) / da = b / (|a| |b|) − cos(a, b) a / |a|², and the same for b. `weights` become those of the b.
  let ofItself: f32 = 0
  if (cosine) {
    for (let k = 0; k < candidateCount; k++) {
      const weight = number(weights, k)
      ofItself += weight * number(scores, k)
      setNumber(scores, k, weight * number(scores, k) * number(inverseNorms, k) * number(inverseNorms, k))
      setNumber(weights, k, weight * ofQuery * number(inverseNorms, k))
    }
  }
  combine(queryChange, -ofItself * ofQuery * ofQuery, query, 0, zeros)
  addToInput(queryChange, candidates, candidateCount, bytes, weights)
  for (let k = 0; k < candidateCount; k++) {
    const weight = number(weights, k)
    if (weight == 0) continue
    combine(candidateChange, weight, query, cosine ? -number(scores, k) : <f32>0, word(candidates, k))
    moveRows(partRows, listRows(word(parts, k)), candidateChange)
  }
  moveRows(bag, bagSize, queryChange)
}

/** Trains on places `from` to `to` of the order. */
export function train(from: u32, to: u32): void {
  for (let place = from; place < to; place++) {
    if (choose(word(settings.order, place))) step()
    countDone(1)
    if (isStopped()) return
  }
}
