import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { endianness } from 'node:os'
import { writeAtomically } from './atomic-file.js'
import { NgramError } from './errors.js'
import { parseHeader, type NgramHeader } from './header.js'
import { NgramModel, type Level } from './model.js'

/*
 * The file: 8 bytes of magic, the length of the header as a 32-bit number, the header as JSON padded with spaces
 * to a multiple of 4 bytes; then for each order its words, logProbs, backoffs and children, as `Level` holds them.
 * All numbers are little-endian, as are the typed arrays of every platform that Node supports but s390x.
 */
const MAGIC = 'NGRAM\0\0\x01'
const PREFIX_BYTES = 12

/** A model with what is needed to use it. */
export interface NgramFile {
  readonly model: NgramModel
  /** (vocabSize) the text of each token, for word-level models. */
  readonly words?: readonly string[]
  /** Whatever else belongs to the model, such as the tokenizer that it counts in. */
  readonly metadata?: Readonly<Record<string, string>>
}

/** Writes a model as a binary file, atomically: the file is whole or is not there. */
export function saveNgram(file: string, { model, words, metadata }: NgramFile): void {
  checkPlatform()
  if (words !== undefined && words.length !== model.vocabSize) {
    throw new NgramError(`expected ${model.vocabSize} words, one per token, got ${words.length}`)
  }
  const header: NgramHeader = {
    vocabSize: model.vocabSize,
    sizes: model.levels.map((level) => level.words.length),
    ...(model.eos === undefined ? {} : { eos: model.eos }),
    ...(words === undefined ? {} : { words }),
    ...(metadata === undefined ? {} : { metadata }),
  }
  const json = Buffer.from(JSON.stringify(header))
  const padding = Buffer.alloc(-json.length & 3, ' ')
  const prefix = Buffer.alloc(PREFIX_BYTES)
  prefix.write(MAGIC, 'latin1')
  prefix.writeUInt32LE(json.length + padding.length, MAGIC.length)
  writeAtomically(file, (put) => {
    for (const bytes of [prefix, json, padding]) put(bytes)
    for (const { words, logProbs, backoffs, children } of model.levels) {
      for (const { buffer, byteOffset, byteLength } of [words, logProbs, backoffs, children]) {
        put(new Uint8Array(buffer, byteOffset, byteLength))
      }
    }
  })
}

/**
 * Reads what `saveNgram` wrote. The size is checked before anything is allocated and every index before it is
 * used, so a damaged file cannot do worse than fail.
 *
 * @throws NgramError when the file is not a whole n-gram model
 */
export function loadNgram(file: string): NgramFile {
  checkPlatform()
  const descriptor = openSync(file, 'r')
  try {
    const bytes = fstatSync(descriptor).size
    const fill = <T extends Uint8Array | Int32Array | Float32Array>(array: T): T => {
      const view = new Uint8Array(array.buffer)
      for (let from = 0; from < view.length;) {
        const size = readSync(descriptor, view, from, view.length - from, null)
        if (size === 0) throw new NgramError(`${file} ends too early: it is truncated`)
        from += size
      }
      return array
    }
    if (bytes < PREFIX_BYTES) throw new NgramError(`${file} is not an n-gram model: it has only ${bytes} bytes`)
    const prefix = Buffer.from(fill(new Uint8Array(PREFIX_BYTES)))
    if (prefix.toString('latin1', 0, MAGIC.length) !== MAGIC) throw new NgramError(`${file} is not an n-gram model`)
    const headerBytes = prefix.readUInt32LE(MAGIC.length)
    if (headerBytes > bytes - PREFIX_BYTES) throw new NgramError(`${file} ends within its header: it is truncated`)
    const { vocabSize, eos, sizes, words, metadata } = parseHeader(fill(new Uint8Array(headerBytes)), file)
    const expected = PREFIX_BYTES + headerBytes + 4 * levelNumbers(sizes)
    if (bytes !== expected) {
      throw new NgramError(`${file} should have ${expected} bytes, got ${bytes}: it is truncated or damaged`)
    }
    const levels = sizes.map((size, i): Level => {
      const highest = i + 1 === sizes.length
      return {
        words: fill(new Int32Array(size)),
        logProbs: fill(new Float32Array(size)),
        backoffs: fill(new Float32Array(highest ? 0 : size)),
        children: fill(new Int32Array(highest ? 0 : size + 1)),
      }
    })
    checkLevels(levels, vocabSize, file)
    return {
      model: new NgramModel(levels, vocabSize, eos),
      ...(words === undefined ? {} : { words }),
      ...(metadata === undefined ? {} : { metadata }),
    }
  } finally {
    closeSync(descriptor)
  }
}

/** How many 4-byte numbers the levels hold. */
function levelNumbers(sizes: readonly number[]): number {
  return sizes.reduce((sum, size, i) => sum + 2 * size + (i + 1 < sizes.length ? 2 * size + 1 : 0), 0)
}

function checkLevels(levels: readonly Level[], vocabSize: number, file: string): void {
  const fail = (what: string): never => {
    throw new NgramError(`${file} is damaged: ${what}`)
  }
  levels.forEach(({ words, logProbs, backoffs, children }, i) => {
    for (let node = 0; node < words.length; node++) {
      const word = words[node]!
      if (i === 0 ? word !== node : word < 0 || word >= vocabSize) fail(`${i + 1}-gram ${node} ends in word ${word}`)
      if (!(logProbs[node]! <= 0)) fail(`${i + 1}-gram ${node} has log-probability ${logProbs[node]}`)
    }
    for (let node = 0; node < backoffs.length; node++) {
      if (!(backoffs[node]! < Infinity)) fail(`${i + 1}-gram ${node} has back-off ${backoffs[node]}`)
    }
    const longer = levels[i + 1]?.words
    if (longer === undefined) return
    if (children[0] !== 0 || children.at(-1) !== longer.length) {
      fail(`the ranges of ${i + 2}-grams do not cover them`)
    }
    for (let node = 0; node + 1 < children.length; node++) {
      const from = children[node]!
      const to = children[node + 1]!
      if (to < from || to > longer.length) fail(`${i + 1}-gram ${node} has a wrong range of continuations`)
      for (let child = from + 1; child < to; child++) {
        if (longer[child]! <= longer[child - 1]!) fail(`the continuations of ${i + 1}-gram ${node} are not sorted`)
      }
    }
  })
}

function checkPlatform(): void {
  if (endianness() !== 'LE') throw new NgramError('binary n-gram files need a little-endian machine: use ARPA files')
}
