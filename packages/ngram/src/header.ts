import { z } from 'zod'
import { NgramError } from './errors.js'

const count = z.int().min(0).max(2 ** 31 - 2)

const schema = z.strictObject({
  vocabSize: count.min(1),
  eos: count.exactOptional(),
  /** Number of n-grams of each order. */
  sizes: z.array(count).min(1),
  words: z.array(z.string()).readonly().exactOptional(),
  metadata: z.record(z.string(), z.string()).readonly().exactOptional(),
}).refine(({ vocabSize, sizes }) => sizes[0] === vocabSize + 1, 'sizes must begin with vocabSize + 1')
  .refine(({ vocabSize, eos = 0 }) => eos < vocabSize, 'eos is outside the vocabulary')
  .refine(({ vocabSize, words }) => words === undefined || words.length === vocabSize, 'words must hold vocabSize words')

/** The JSON header of a binary n-gram file. */
export type NgramHeader = z.infer<typeof schema>

/** @throws NgramError when the header is not one that `saveNgram` writes */
export function parseHeader(bytes: Uint8Array, file: string): NgramHeader {
  let json: unknown
  try {
    json = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch {
    throw new NgramError(`${file} has a damaged header: it is not JSON`)
  }
  const header = schema.safeParse(json)
  if (!header.success) {
    const [issue] = header.error.issues
    throw new NgramError(`${file} has a wrong header: ${[...issue!.path, issue!.message].join(' ')}`)
  }
  return header.data
}
