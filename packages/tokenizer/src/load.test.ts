import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  BpeTokenizer,
  CharTokenizer,
  loadGpt2Tokenizer,
  loadTokenizer,
  saveTokenizer,
  tokenizerFromJSON,
  trainBpe,
} from './index.js'

let folder: string
let bpe: BpeTokenizer

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'parlance-load-'))
  bpe = await trainBpe(['the cat and the dog and the rat'], { vocabSize: 262, specialTokens: ['<eos>'] })
})

afterAll(() => rm(folder, { recursive: true }))

interface Json {
  [field: string]: unknown
  model: Record<string, unknown>
  added_tokens: Record<string, unknown>[]
}

const copy = (tokenizer: { toJSON(): object }): Json => JSON.parse(JSON.stringify(tokenizer.toJSON()))

describe('tokenizer.json', () => {
  it('comes back the same', async () => {
    const cl100k = await trainBpe(['a1b2 a1b2'], { vocabSize: 257, pattern: 'cl100k' })
    const digits = await trainBpe(['a1b2 a1b2'], { vocabSize: 257, pattern: 'digits' })
    for (const tokenizer of [bpe, cl100k, digits]) {
      const again = tokenizerFromJSON(copy(tokenizer))
      expect(again).toBeInstanceOf(BpeTokenizer)
      expect(again.toJSON()).toEqual(tokenizer.toJSON())
      expect(again.encode('the a1b2 <eos>')).toEqual(tokenizer.encode('the a1b2 <eos>'))
    }
    const char = CharTokenizer.fromText('the cat', { specialTokens: ['<eos>'], unkToken: '<unk>' })
    const again = tokenizerFromJSON(copy(char))
    expect(again).toBeInstanceOf(CharTokenizer)
    expect(again.hash).toBe(char.hash)
    expect(again.encode('the <eos> dog')).toEqual(char.encode('the <eos> dog'))
  })

  it('goes through a file', async () => {
    const path = join(folder, 'tokenizer.json')
    await saveTokenizer(bpe, path)
    const loaded = await loadTokenizer(path)
    expect(loaded.hash).toBe(bpe.hash)
  })

  it('keeps tokens that are names of JavaScript', () => {
    const json = copy(bpe)
    const vocab = Object.entries(json.model.vocab as Record<string, number>)
    json.model.vocab = Object.fromEntries([...vocab, ['__proto__', 262], ['constructor', 263]])
    const tokenizer = tokenizerFromJSON(JSON.parse(JSON.stringify(json)))
    expect([tokenizer.tokenToId('__proto__'), tokenizer.tokenToId('constructor')]).toEqual([262, 263])
    expect(tokenizerFromJSON(copy(tokenizer)).hash).toBe(tokenizer.hash)
  })

  it('may have unused ids, added tokens outside the vocabulary, and merges as pairs', () => {
    const json = copy(bpe)
    json.added_tokens.push({ ...json.added_tokens[0], id: 300, content: '<pad>', special: false })
    json.model.merges = (json.model.merges as string[]).map((merge) => merge.split(' '))
    const tokenizer = tokenizerFromJSON(json)
    expect(tokenizer.vocabSize).toBe(301)
    expect(Array.from(tokenizer.encode('<pad>the'))).toEqual([300, bpe.tokenToId('the')])
    expect(() => tokenizer.decode([280])).toThrow('id 280 is not in the vocabulary (size 301)')
  })

  it('ignores what acts after encoding', () => {
    const json = copy(bpe)
    json.post_processor = { type: 'TemplateProcessing', single: [] }
    json.truncation = { max_length: 4 }
    expect(tokenizerFromJSON(json).encode('the cat and the dog')).toEqual(bpe.encode('the cat and the dog'))
  })
})

describe('a tokenizer.json that is wrong or not supported', () => {
  const cases: [name: string, change: (json: Json) => void, message: string][] = [
    ['model type', (json) => void (json.model.type = 'Unigram'), 'model.type: Invalid input: expected "BPE", got "Unigram"'],
    ['no model', (json) => void Reflect.deleteProperty(json, 'model'), 'model: Invalid input: expected object, got nothing'],
    ['normalizer', (json) => void (json.normalizer = { type: 'NFC' }), 'normalizer: Invalid input: expected null'],
    ['dropout', (json) => void (json.model.dropout = 0.1), 'model.dropout: Invalid option: expected one of null|0, got 0.1'],
    ['suffix', (json) => void (json.model.end_of_word_suffix = '</w>'), 'model.end_of_word_suffix: Invalid option: expected one of null|"", got "</w>"'],
    ['vocab type', (json) => void (json.model.vocab = ['a']), 'model.vocab: expected an object of token → id, got ["a"]'],
    ['empty vocab', (json) => Object.assign(json, { added_tokens: [], model: { ...json.model, vocab: {}, merges: [] } }), 'model.vocab: it is empty'],
    ['negative id', (json) => Object.assign(json.model.vocab as object, { x1: -1 }), 'model.vocab: id of "x1" must be an integer from 0 to 4194303, got -1'],
    ['huge id', (json) => Object.assign(json.model.vocab as object, { x1: 1e9 }), 'model.vocab: id of "x1" must be'],
    ['id as text', (json) => Object.assign(json.model.vocab as object, { x1: '5' }), 'model.vocab: id of "x1" must be'],
    ['id twice', (json) => Object.assign(json.model.vocab as object, { x1: 1 }), 'model.vocab: id 1 belongs to two tokens, "!" and "x1"'],
    ['token twice', (json) => void (json.added_tokens[0]!.id = 300), 'model.vocab: token "<eos>" has two ids, 0 and 300'],
    ['added token', (json) => void (json.added_tokens[0]!.lstrip = true), 'added_tokens.0.lstrip: Invalid input: expected false, got true'],
    ['empty added token', (json) => void (json.added_tokens[0]!.content = ''), 'added_tokens.0.content: Too small'],
    ['unknown merge', (json) => void (json.model.merges = ['a b', 'a zz']), 'model.merges.0: token "ab" is not in the vocabulary'],
    ['odd merge', (json) => void (json.model.merges = ['a b c']), 'model.merges.0: expected two tokens with a space between, got "a b c"'],
    ['merge type', (json) => void (json.model.merges = [7]), 'model.merges.0: Invalid input, got 7'],
    ['unk token', (json) => void (json.model.unk_token = '<eos>'), 'model.unk_token: must be null in a byte-level model, got "<eos>"'],
    ['pre-tokenizer', (json) => void (json.pre_tokenizer = { type: 'Whitespace' }), 'pre_tokenizer.type: Invalid discriminator value'],
    ['no pre-tokenizer', (json) => void (json.pre_tokenizer = null), 'pre_tokenizer: expected ByteLevel or a Sequence'],
    ['no regex', (json) => Object.assign(json.pre_tokenizer as object, { use_regex: false }), 'pre_tokenizer.use_regex: must be true, got false'],
    ['decoder', (json) => void (json.decoder = null), 'decoder.type: expected "ByteLevel", got null'],
  ]

  it.each(cases)('%s: the error names the field', (_, change, message) => {
    const json = copy(bpe)
    change(json)
    expect(() => tokenizerFromJSON(json)).toThrow(message)
  })

  it('names an unknown pattern', async () => {
    const json = copy(await trainBpe(['ab'], { vocabSize: 256, pattern: 'cl100k' }))
    const { pretokenizers } = json.pre_tokenizer as { pretokenizers: [{ pattern: { Regex: string } }, object] }
    Object.assign(pretokenizers[1], { use_regex: true })
    expect(() => tokenizerFromJSON(json)).toThrow('use_regex and add_prefix_space must be false after a Split')
    Object.assign(pretokenizers[1], { use_regex: false })
    pretokenizers[0].pattern.Regex = '(a+)+b'
    expect(() => tokenizerFromJSON(json)).toThrow('only those of gpt2, digits, cl100k are supported, got (a+)+b')
  })

  it('checks characters too', () => {
    const json = copy(CharTokenizer.fromText('ab'))
    json.model.vocab = { a: 0, bc: 1 }
    expect(() => tokenizerFromJSON(json)).toThrow('model.vocab: "bc" is not a single character')
    json.model.vocab = { a: 0 }
    json.model.unk_token = '<unk>'
    expect(() => tokenizerFromJSON(json)).toThrow('model.unk_token: "<unk>" is not in the vocabulary')
    json.decoder = null
    expect(() => tokenizerFromJSON(json)).toThrow('decoder.type: expected "Fuse", got null')
  })

  it('names the file', async () => {
    const path = join(folder, 'bad.json')
    await expect(loadTokenizer(path)).rejects.toThrow(`${path}: no such file`)
    await writeFile(path, '{"model": ')
    await expect(loadTokenizer(path)).rejects.toThrow(`${path}: it is not JSON (`)
    await writeFile(path, '[]')
    await expect(loadTokenizer(path)).rejects.toThrow(`${path}: tokenizer.json: Invalid input: expected object`)
    await writeFile(path, Buffer.from([0x7b, 0xc0]))
    await expect(loadTokenizer(path)).rejects.toThrow(`${path}: it is not UTF-8: invalid byte 0xc0 at offset 1`)
  })
})

describe('loadGpt2Tokenizer', () => {
  const vocab = { a: 0, b: 1, c: 2, ab: 3, abc: 4, '<|end|>': 5 }

  async function files(vocab: unknown, merges: string): Promise<[string, string]> {
    const paths: [string, string] = [join(folder, 'encoder.json'), join(folder, 'vocab.bpe')]
    await writeFile(paths[0], JSON.stringify(vocab))
    await writeFile(paths[1], merges)
    return paths
  }

  it('reads vocabulary and merges; what no merge makes is special', async () => {
    const tokenizer = await loadGpt2Tokenizer(...(await files(vocab, '#version: 0.2\na b\nab c\n')))
    expect(Array.from(tokenizer.encode('abcab<|end|>'))).toEqual([4, 3, 5])
    expect(tokenizer.decode([4, 5])).toBe('abc<|end|>')
    expect(tokenizer.vocabSize).toBe(6)
    expect(() => tokenizer.encode('a b')).toThrow('byte 0x20 of " b" has no token in this vocabulary')
  })

  it('names file and line', async () => {
    const [encoder, merges] = await files(vocab, '#version: 0.2\na b\nab  c\n')
    await expect(loadGpt2Tokenizer(encoder, merges)).rejects.toThrow(
      `${merges}: line 3: expected two tokens with a space between, got "ab  c"`,
    )
    await files(vocab, 'a b\na c\n')
    await expect(loadGpt2Tokenizer(encoder, merges)).rejects.toThrow(
      `${merges}: line 2: token "ac" is not in the vocabulary`,
    )
    await files([1], 'a b\n')
    await expect(loadGpt2Tokenizer(encoder, merges)).rejects.toThrow(`${encoder}: expected an object of token → id`)
  })
})
