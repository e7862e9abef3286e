import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import * as fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import { CHAR_OF_BYTE } from './bytes.js'
import { type BpeTokenizer, loadGpt2Tokenizer, tokenizerFromJSON, trainBpe } from './index.js'
import { type Merge, WordMerger } from './word-merger.js'

const corpora = process.env.PARLANCE_CORPORA

/** Merges the leftmost of the lowest-ranked pairs, one at a time. */
function naiveMerge(word: number[], merges: readonly Merge[]): number[] {
  for (const [left, right, merged] of merges) {
    const at = word.findIndex((symbol, i) => symbol === left && word[i + 1] === right)
    if (at >= 0) return naiveMerge([...word.slice(0, at), merged, ...word.slice(at + 2)], merges)
  }
  return word
}

describe('WordMerger', () => {
  it('equals merging one pair at a time', () => {
    const id = fc.integer({ min: 0, max: 3 })
    const pairs = fc.uniqueArray(fc.tuple(id, id), { maxLength: 8, selector: ([a, b]) => a * 4 + b })
    fc.assert(
      fc.property(pairs, fc.array(id, { maxLength: 40 }), (pairs, word) => {
        const merges = pairs.map(([a, b], rank): Merge => [a, b, 4 + (rank % 3)])
        const extended: Merge[] = [...merges, [4, 5, 7], [0, 4, 8], [8, 8, 9]]
        const merger = new WordMerger(extended)
        expect(Array.from(merger.merge(Int32Array.from(word)))).toEqual(naiveMerge(word, extended))
      }),
      { numRuns: 1000 },
    )
  })
})

describe('BpeTokenizer', () => {
  let tokenizer: BpeTokenizer
  const text = "The cat's whiskers — 123 of them —\n\n  didn't move; ça va? 猫は座った。👩‍👩‍👧 the cat sat"

  beforeAll(async () => {
    tokenizer = await trainBpe([text, text], { vocabSize: 300, specialTokens: ['<eos>'] })
  })

  it('gives back every text', async () => {
    const cl100k = await trainBpe([text], { vocabSize: 300, minFrequency: 1, pattern: 'cl100k' })
    const digits = await trainBpe([text], { vocabSize: 300, minFrequency: 1, pattern: 'digits' })
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.constantFrom(tokenizer, cl100k, digits), (text, tokenizer) => {
        expect(tokenizer.decode(tokenizer.encode(text))).toBe(text)
      }),
    )
  })

  it('replaces broken UTF-8 and keeps a byte order mark', () => {
    const euro = Array.from(tokenizer.encode('€'))
    expect(euro.length).toBe(3)
    expect(tokenizer.decode(euro.slice(0, 2))).toBe('\ufffd')
    expect(tokenizer.decode([...tokenizer.encode('a'), euro[2]!])).toBe('a\ufffd')
    expect(tokenizer.decode(tokenizer.encode('\ufeffa'))).toBe('\ufeffa')
    expect(tokenizer.decode(tokenizer.encode('a\ud800'))).toBe('a\ufffd')
  })

  it('finds special tokens in the text and never adds any', () => {
    const eos = tokenizer.tokenToId('<eos>')!
    expect(Array.from(tokenizer.encode('<eos><eos>'))).toEqual([eos, eos])
    expect(tokenizer.encode('').length).toBe(0)
    expect(tokenizer.decode([eos])).toBe('<eos>')
  })

  it('names an id outside the vocabulary', () => {
    expect(() => tokenizer.decode([1, 300])).toThrow('id 300 is not in the vocabulary (size 300)')
    expect(() => tokenizer.idToToken(1.5)).toThrow('id 1.5 is not in the vocabulary')
  })

  it('encodes a long word in less than quadratic time', () => {
    const word = 'ab'.repeat(500_000)
    const start = performance.now()
    const ids = tokenizer.encode(word)
    // The quadratic way takes minutes.
    expect(performance.now() - start).toBeLessThan(20_000)
    expect(tokenizer.decode(ids)).toBe(word)
  })

  it('says so when a word is too long to match', () => {
    expect(() => tokenizer.encode(`a ${'猫'.repeat(20_000_000)}`)).toThrow(
      'the text has millions of characters without the end of a word at index 1; break it into lines or sentences',
    )
  })

  it('stays right when more words pass than the cache holds', () => {
    const numbers = Array.from({ length: 150_000 }, (_, i) => ` ${i}`).join('')
    expect(tokenizer.decode(tokenizer.encode(numbers))).toBe(numbers)
  })

  it('puts a space before each stretch of text if the file says so', () => {
    const json = structuredClone(tokenizer.toJSON()) as { pre_tokenizer: { add_prefix_space: boolean } }
    json.pre_tokenizer.add_prefix_space = true
    const prefixed = tokenizerFromJSON(json)
    expect(prefixed.decode(prefixed.encode('a<eos>b<eos> c'))).toBe(' a<eos> b<eos> c')
    expect(prefixed.toJSON()).toEqual(json)
  })

  it('takes a whole word as a token where merges are ignored', () => {
    const vocab: Record<string, number> = Object.fromEntries(CHAR_OF_BYTE.map((char, byte) => [char, byte]))
    const json = structuredClone(tokenizer.toJSON()) as { model: object; added_tokens: [] }
    json.added_tokens = []
    json.model = { type: 'BPE', vocab: { ...vocab, Ġabc: 256 }, merges: [], ignore_merges: true }
    const ignoring = tokenizerFromJSON(json)
    expect(Array.from(ignoring.encode(' abc abcd'))).toEqual([256, 32, 97, 98, 99, 100])
  })
})

describe.skipIf(!corpora)('GPT-2 reference cases (the corpora are not at hand)', () => {
  const folder = join(corpora ?? '', 'tokenizer-gpt2')
  let tokenizer: BpeTokenizer
  let cases: {
    from_gpt_tokenizer: { text: string; ids: number[] }[]
    from_transformers_js: { text: string; ids: number[]; tokens: string[] }[]
  }

  beforeAll(async () => {
    tokenizer = await loadGpt2Tokenizer(join(folder, 'encoder.json'), join(folder, 'vocab.bpe'))
    cases = JSON.parse(readFileSync(join(folder, 'cases.json'), 'utf8'))
  })

  it('reads the vocabulary and its special token', () => {
    expect(tokenizer.vocabSize).toBe(50_257)
    expect(Array.from(tokenizer.encode('a<|endoftext|>'))).toEqual([64, 50_256])
  })

  it('equals every case', () => {
    const all = [...cases.from_gpt_tokenizer, ...cases.from_transformers_js]
    expect(all.length).toBe(64)
    for (const { text, ids } of all) {
      expect(Array.from(tokenizer.encode(text)), text).toEqual(ids)
      expect(tokenizer.decode(ids)).toBe(text)
    }
    for (const { ids, tokens } of cases.from_transformers_js) {
      expect(ids.map((id) => tokenizer.idToToken(id))).toEqual(tokens)
    }
  })

  it('is the same after tokenizer.json', () => {
    const again = tokenizerFromJSON(JSON.parse(JSON.stringify(tokenizer.toJSON())))
    expect(again.hash).toBe(tokenizer.hash)
    for (const { text, ids } of cases.from_gpt_tokenizer) expect(Array.from(again.encode(text))).toEqual(ids)
  })
})

describe.skipIf(!corpora)('cl100k reference cases (the corpora are not at hand)', () => {
  it('equals every case', () => {
    const folder = join(corpora ?? '', 'tokenizer-tiktoken')
    const vocab: Record<string, number> = {}
    const merges: string[] = []
    const ranks = new Map<string, number>()
    for (const line of readFileSync(join(folder, 'cl100k_base.tiktoken'), 'utf8').trimEnd().split('\n')) {
      const [base64, rank] = line.split(' ')
      const token = Array.from(Buffer.from(base64!, 'base64'), (byte) => CHAR_OF_BYTE[byte]).join('')
      // The two tokens that the ranks below this one make of it are its merge.
      if (token.length > 1) merges.push(splitByRanks(token, ranks).join(' '))
      ranks.set(token, Number(rank))
      vocab[token] = Number(rank)
    }
    const tokenizer = tokenizerFromJSON({
      pre_tokenizer: {
        type: 'Sequence',
        pretokenizers: [
          {
            type: 'Split',
            pattern: {
              Regex: String.raw`(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`,
            },
            behavior: 'Isolated',
            invert: false,
          },
          { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: false },
        ],
      },
      decoder: { type: 'ByteLevel' },
      model: { type: 'BPE', vocab, merges, ignore_merges: true },
    })
    const cases = JSON.parse(readFileSync(join(folder, 'cl100k_cases.json'), 'utf8')) as Record<
      string,
      { text: string; ids: number[] }[]
    >
    const all = Object.values(cases).flat()
    expect(all.length).toBe(51)
    for (const { text, ids } of all) {
      expect(Array.from(tokenizer.encode(text)), text).toEqual(ids)
      expect(tokenizer.decode(ids)).toBe(text)
    }
  })
})

function splitByRanks(token: string, ranks: ReadonlyMap<string, number>): string[] {
  const parts = [...token]
  for (;;) {
    let best = -1
    let bestRank = Infinity
    for (let i = 0; i + 1 < parts.length; i++) {
      const rank = ranks.get(parts[i]! + parts[i + 1]!) ?? Infinity
      if (rank < bestRank) [best, bestRank] = [i, rank]
    }
    if (best < 0) return parts
    parts.splice(best, 2, parts[best]! + parts[best + 1]!)
  }
}
