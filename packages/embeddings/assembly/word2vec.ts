// The training loop of word2vec for one thread: tokens in, tables changed in place. Several threads run it on the same
// memory without locks (Niu, Recht, Ré and Wright, "HOGWILD!", 2011).

import { logisticBlock } from './logistic'
import { addRow, addToInput, addToInputs, outputChanges, scaledSum, scoreBlock, scoreOne } from './products'
import { randomBelow, randomBits, randomState, restoreRandom, seedRandom } from './random'
import { countDone, finishSchedule, isStopped, rate, startSchedule } from './schedule'
import { Settings } from './settings'

/** Kept words of a sentence at most, as in word2vec.c: a longer one is cut. */
const LONGEST_SENTENCE: i32 = 1000

let settings: Settings = changetype<Settings>(0)
// Of this thread: addresses of lists and rows.
let sentence: usize = 0
let inputs: usize = 0
let outputs: usize = 0
let labels: usize = 0
let scores: usize = 0
let changes: usize = 0
let hidden: usize = 0
let hiddenChange: usize = 0
let zeros: usize = 0

let outputCount: i32 = 0
let lossSum: f64 = 0
let examples: f64 = 0

function align(bytes: usize): usize {
  return (bytes + 63) & ~(<usize>63)
}

/** Lays this thread's lists out from `base`; gives the address of their end. */
function layOut(its: Settings, base: usize): usize {
  const contexts = 2 * its.window
  const bags = its.rowOffsets != 0 || its.cbow != 0
  const mostInputs = bags ? 1 : contexts
  const mostListed = bags ? max(1, its.mostRows) * (its.cbow != 0 ? contexts : 1) : contexts
  const targets = its.noise != 0 ? 1 + its.negatives : its.longestPath
  const mostOutputs = (bags && its.cbow == 0 ? contexts : 1) * targets
  const stride = 4 * (mostOutputs + 6)
  let at = base
  sentence = at
  at += align(4 * LONGEST_SENTENCE)
  inputs = at
  at += align(4 * (mostListed + 2))
  outputs = at
  at += align(4 * (mostOutputs + 3))
  labels = at
  at += align(stride)
  scores = at
  at += align((mostInputs + 1) * stride)
  changes = at
  at += align((mostOutputs + 3) * its.rowBytes)
  hidden = at
  at += align(its.rowBytes)
  hiddenChange = at
  at += align(its.rowBytes)
  zeros = at
  return at + align(its.rowBytes)
}

/** Bytes of memory that a thread needs besides what is shared. */
export function scratchBytes(at: usize): usize {
  return layOut(changetype<Settings>(at), 0)
}

/** Prepares this thread: zeroed memory of `scratchBytes` at `scratch`, aligned to 64, and the seed of its choices. */
export function start(at: usize, scratch: usize, seed: u64): void {
  settings = changetype<Settings>(at)
  layOut(settings, scratch)
  seedRandom(seed)
  lossSum = 0
  examples = 0
  startSchedule(settings.progress, settings.totalWords, settings.learningRate)
}

/** Counts the last words; call when the thread's tokens are at an end. */
export function finish(): void {
  finishSchedule()
}

/** Sum of the losses since `start`: of each (input, output) pair with its noise words or path. */
export function lossOfThread(): f64 {
  return lossSum
}

/** Pairs since `start`. */
export function examplesOfThread(): f64 {
  return examples
}

/** A word of the noise distribution, by its alias table (Walker 1977). */
export function drawNoise(): i32 {
  const word = randomBelow(settings.noiseSize)
  const entry = <usize>settings.noise + (<usize>word << 3)
  return randomBits() < load<u32>(entry) ? word : load<i32>(entry, 4)
}

function pushOutput(index: i32, label: f32): void {
  const at = <usize>outputCount << 2
  store<u32>(outputs + at, settings.output + <u32>index * settings.rowBytes)
  store<f32>(labels + at, label)
  outputCount++
}

/** What tells `word` apart: itself and noise words, or the inner nodes on its path in the Huffman tree. */
function pushTargets(word: i32): void {
  if (settings.noise == 0) {
    const offsets = <usize>settings.pathOffsets + (<usize>word << 2)
    const end = load<i32>(offsets, 4)
    for (let p = load<i32>(offsets); p < end; p++) {
      const step = load<i32>(<usize>settings.paths + (<usize>p << 2))
      pushOutput(step >> 1, <f32>(step & 1))
    }
    return
  }
  pushOutput(word, 1)
  for (let k = settings.negatives; k > 0; k--) {
    const noise = drawNoise()
    if (noise != word) pushOutput(noise, 0)
  }
}

function wordAt(position: i32): i32 {
  return load<i32>(sentence + (<usize>position << 2))
}

function listInput(place: i32, row: i32): void {
  store<u32>(inputs + (<usize>place << 2), settings.input + <u32>row * settings.rowBytes)
}

/** Lists the input rows of a word from `place` on; gives the place after them. */
function listRows(place: i32, word: i32): i32 {
  if (settings.rowOffsets == 0) {
    listInput(place, word)
    return place + 1
  }
  const offsets = <usize>settings.rowOffsets + (<usize>word << 2)
  const end = load<i32>(offsets, 4)
  for (let r = load<i32>(offsets); r < end; r++) listInput(place++, load<i32>(<usize>settings.rows + (<usize>r << 2)))
  return place
}

/** Fills the list of outputs up to what the tiles need; gives the bytes of a row of scores. */
function padOutputs(): usize {
  let padded = outputCount
  while (padded % 3 != 0) {
    store<u32>(outputs + (<usize>padded << 2), <u32>zeros)
    padded++
  }
  return <usize>((padded + 3) & ~3) << 2
}

function moveOutputs(): void {
  const bytes = <usize>settings.rowBytes
  for (let t = 0; t < outputCount; t++) {
    addRow(load<u32>(outputs + (<usize>t << 2)), changes + <usize>t * bytes, bytes)
  }
}

/** One step with the listed inputs, each against all outputs. */
function stepOfInputs(count: i32): void {
  const bytes = <usize>settings.rowBytes
  const stride = padOutputs()
  store<u32>(inputs + (<usize>count << 2), <u32>zeros)
  scoreBlock(inputs, count, outputs, outputCount, bytes, scores, stride)
  lossSum += logisticBlock(scores, count, outputCount, stride, labels, rate)
  outputChanges(inputs, count, outputCount, bytes, scores, stride, changes)
  addToInputs(inputs, count, outputs, outputCount, bytes, scores, stride)
  moveOutputs()
}

/** One step with the mean of the listed rows. As in word2vec.c and fastText, each row moves by the mean's whole step. */
function stepOfMean(count: i32): void {
  const bytes = <usize>settings.rowBytes
  const stride = padOutputs()
  scaledSum(hidden, inputs, count, bytes, <f32>1 / <f32>count)
  scoreOne(hidden, outputs, outputCount, bytes, scores)
  lossSum += logisticBlock(scores, 1, outputCount, stride, labels, rate)
  // The list of inputs has one more use: outputChanges wants the hidden row in a list.
  const first = load<u32>(inputs)
  store<u32>(inputs, <u32>hidden)
  outputChanges(inputs, 1, outputCount, bytes, scores, stride, changes)
  store<u32>(inputs, first)
  memory.fill(hiddenChange, 0, bytes)
  addToInput(hiddenChange, outputs, outputCount, bytes, scores)
  for (let r = 0; r < count; r++) addRow(load<u32>(inputs + (<usize>r << 2)), hiddenChange, bytes)
  moveOutputs()
}

/** Skip-gram: the words around it each predict the word; with n-grams, the mean of its rows predicts those words. */
function trainSkipGram(position: i32, from: i32, to: i32): void {
  outputCount = 0
  const contexts = to - from
  examples += contexts
  if (settings.rowOffsets == 0) {
    let place = 0
    for (let c = from; c <= to; c++) if (c != position) listInput(place++, wordAt(c))
    pushTargets(wordAt(position))
    stepOfInputs(contexts)
    return
  }
  const rows = listRows(0, wordAt(position))
  for (let c = from; c <= to; c++) if (c != position) pushTargets(wordAt(c))
  stepOfMean(rows)
}

/** Continuous bag of words: the mean of the words around it predicts the word. */
function trainCbow(position: i32, from: i32, to: i32): void {
  outputCount = 0
  examples += 1
  let rows = 0
  for (let c = from; c <= to; c++) if (c != position) rows = listRows(rows, wordAt(c))
  pushTargets(wordAt(position))
  stepOfMean(rows)
}

function trainSentence(length: i32): void {
  const window = settings.window
  for (let position = 0; position < length; position++) {
    const reach = window - <i32>randomBelow(window)
    const from = max(0, position - reach)
    const to = min(length - 1, position + reach)
    if (from == to) continue
    if (settings.cbow != 0) trainCbow(position, from, to)
    else trainSkipGram(position, from, to)
  }
}

/**
 * Trains on whole sentences of the `count` tokens (uint32) at `tokens`; gives how many tokens that were. The rest, a
 * sentence that may go on, is to be handed in again with what follows.
 *
 * @param last 1 when nothing follows
 */
export function train(tokens: usize, count: i32, last: i32): i32 {
  let at = 0
  while (at < count) {
    const begin = at
    const random = randomState()
    let length = 0
    let words = 0
    let ended = false
    while (at < count && length < LONGEST_SENTENCE) {
      const token = load<u32>(tokens + (<usize>at << 2))
      at++
      const word = load<i32>(<usize>settings.words + (<usize>token << 2))
      if (word < 0) continue
      words++
      if (word == 0) {
        ended = true
        break
      }
      if (randomBits() > load<u32>(<usize>settings.keep + (<usize>word << 2))) continue
      store<i32>(sentence + (<usize>length << 2), word)
      length++
    }
    // Where all tokens are one sentence, handing them in again would not help.
    if (!ended && length < LONGEST_SENTENCE && last == 0 && begin > 0) {
      restoreRandom(random)
      return begin
    }
    trainSentence(length)
    countDone(words)
    if (isStopped()) return at
  }
  return at
}
