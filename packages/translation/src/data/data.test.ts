import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Random, tf, useDevice } from '@parlance/runtime'
import { trainBpe } from '@parlance/tokenizer'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { epochPlanner, makeBatch, orderedPlans } from './batches.js'
import { chooseBuckets } from './buckets.js'
import { trainingConfigSchema } from '../config.js'
import { prepareData } from './training-data.js'
import { encodePairs, exampleLength, sequence } from './examples.js'
import { readPairs } from './read-pairs.js'
import { drawEpoch, temperatureRepeats } from './sampling.js'
import { END, PAD, SPECIAL_TOKENS, START } from '../special-tokens.js'
import { encodeSource, encodeText, tidyText } from '../text-codec.js'

let folder: string
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'translation-data-'))
  await useDevice('cpu', { threads: 1 })
})
afterAll(() => rmSync(folder, { recursive: true }))

function file(name: string, content: string | Uint8Array): string {
  const path = join(folder, name)
  writeFileSync(path, content)
  return path
}

describe('readPairs', () => {
  it('reads a TSV file or two files', () => {
    const wanted = [{ source: 'a b', target: 'x' }, { source: '', target: 'y' }]
    expect(readPairs([file('pairs.tsv', '\uFEFFa b\tx\r\n\ty\tmore\n')])).toEqual(wanted)
    expect(readPairs([file('pairs.en', 'a b\n\n'), file('pairs.de', 'x\ny')])).toEqual(wanted)
  })

  it.each([
    ['no-tab.tsv', 'a\tb\nno tab here\n', /no-tab\.tsv: line 2 has no tab: expected "source TAB target", got "no tab here"/],
    ['empty.tsv', '', /empty\.tsv: is empty/],
    ['latin1.tsv', Buffer.from('gr\xfc\xdfe\tx\n', 'latin1'), /latin1\.tsv: is not UTF-8 text \(byte 2\)/],
  ])('rejects %s', (name, content, message) => {
    expect(() => readPairs([file(name, content)])).toThrow(message)
  })

  it('rejects files that do not correspond, are not there, or are too many', () => {
    const [one, two] = [file('one', 'a\nb\n'), file('two', 'x\n')]
    expect(() => readPairs([one, two])).toThrow(/one has 2 lines and .*two 1: line by line/)
    expect(() => readPairs([join(folder, 'none')])).toThrow(/none: there is no such file/)
    expect(() => readPairs([one, one, one])).toThrow(/one TSV file or two text files, got 3 files/)
  })
})

describe('text and tokens', () => {
  it('encodes special tokens in a text as text, and gives the text back', async () => {
    const tokenizer = await trainBpe(['some text with <s> and </s>'], { vocabSize: 262, specialTokens: SPECIAL_TOKENS })
    for (const text of ['a <s>b</s> <pad><unk> <mask>', 'Grüße, 世界 🙂', '<', '<<s>>']) {
      const tokens = encodeText(tokenizer, text)
      expect(Math.min(...tokens)).toBeGreaterThanOrEqual(SPECIAL_TOKENS.length)
      expect(tidyText(tokenizer.decode(tokens))).toBe(text)
    }
    expect(encodeSource(tokenizer, 'a').at(-1)).toBe(END)
    expect(tidyText(' a\nb\r\n c ')).toBe('a b  c')
  })
})

describe('batches', () => {
  const sentence = (length: number, word: string) => Array.from({ length }, () => word).join(' ')
  const pairs = Array.from({ length: 57 }, (_, i) => ({ source: sentence(1 + (i % 9), 'ab'), target: sentence(1 + (i % 5), 'cd') }))

  async function examplesOf() {
    const tokenizer = await trainBpe(pairs.flatMap(({ source, target }) => [` ${source}`, ` ${target}`]), { vocabSize: 264, specialTokens: SPECIAL_TOKENS })
    return { tokenizer, ...encodePairs(tokenizer, pairs) }
  }

  it('hold every example once an epoch, in few shapes, as a function of seed and epoch', async () => {
    const { examples } = await examplesOf()
    const lengths = pairs.map((_, i) => exampleLength(examples, i))
    const buckets = chooseBuckets(lengths, 3, 40)
    expect(buckets.length).toBe(3)
    const plan = epochPlanner(examples, buckets, 1)
    const members = (epoch: number, planner = plan) => planner(epoch).map((batch) => [...batch.members])
    for (const epoch of [0, 1]) {
      expect(members(epoch).flat().sort((a, b) => a - b)).toEqual(pairs.map((_, i) => i))
      expect(members(epoch, epochPlanner(examples, buckets, 1))).toEqual(members(epoch))
    }
    expect(members(1)).not.toEqual(members(0))
    expect(members(0, epochPlanner(examples, buckets, 2))).not.toEqual(members(0))
    for (const { bucket, members } of [...plan(0), ...orderedPlans(examples, buckets)]) {
      expect(members.length).toBeLessThanOrEqual(bucket.rows)
      expect(bucket.rows * bucket.length).toBeLessThanOrEqual(40)
      for (const member of members) expect(lengths[member]).toBeLessThanOrEqual(bucket.length)
    }
  })

  it('pad sources, inputs and labels', async () => {
    const { tokenizer } = await examplesOf()
    const { examples, tooLong } = encodePairs(tokenizer, [{ source: 'ab ab', target: 'cd' }, { source: sentence(9, 'ab'), target: 'cd' }], 6)
    expect(tooLong).toEqual([{ source: sentence(9, 'ab'), target: 'cd' }])
    const [ab, cd] = [tokenizer.encode(' ab'), tokenizer.encode(' cd')]
    expect([ab.length, cd.length]).toEqual([1, 1])
    const batch = makeBatch(examples, { bucket: { length: 4, rows: 2 }, members: Int32Array.of(0) })
    const rows = (tensor: tf.Tensor) => tensor.arraySync() as number[][]
    const padding = [PAD, PAD, PAD, PAD]
    expect(rows(batch.source)).toEqual([[ab[0], ab[0], END, PAD], padding])
    expect(rows(batch.input)).toEqual([[START, cd[0], PAD, PAD], padding])
    expect(rows(batch.labels)).toEqual([[cd[0], END, PAD, PAD], padding])
    tf.dispose(batch)
  })
})

describe('sampling', () => {
  it('shows groups in proportion to size^(1/T), the largest once', () => {
    expect(temperatureRepeats([1000, 250, 10], 1)).toEqual([1, 1, 1])
    const sizes = [1000, 250, 10]
    const repeats = temperatureRepeats(sizes, 5)
    expect(repeats[0]).toBe(1)
    const shown = sizes.map((size, i) => size * (repeats[i] as number))
    for (const [i, size] of sizes.entries()) expect((shown[i] as number) / 1000).toBeCloseTo((size / 1000) ** 0.2, 12)
  })

  it('draws whole copies of each example and a share of them anew in each epoch', () => {
    const shares = [{ start: 0, end: 10, repeats: 1 }, { start: 10, end: 14, repeats: 2.5 }]
    const drawn = [1, 2].map((seed) => [...drawEpoch(shares, 14, new Random(seed, 'test'))])
    for (const members of drawn) {
      expect(members.length).toBe(10 + 10)
      expect(new Set(members).size).toBe(20)
      const times = (example: number) => members.filter((member) => member % 14 === example).length
      expect(Array.from({ length: 10 }, (_, i) => times(i))).toEqual(new Array(10).fill(1))
      for (let example = 10; example < 14; example++) expect([2, 3]).toContain(times(example))
    }
    expect(drawn[0]).not.toEqual(drawn[1])
    expect([...drawEpoch([{ start: 0, end: 3, repeats: 1 }], 3, new Random(1))]).toEqual([0, 1, 2])
  })
})

describe('prepareData', () => {
  const config = trainingConfigSchema.parse({ vocabSize: 262, maxSteps: 1 })
  const good = () => file('good.tsv', 'the cat\tdie Katze\nthe dog\tder Hund\nthe cow\tdie Kuh\n')

  it('draws the same pairs for a seed', async () => {
    const two = await prepareData({ train: [good()], valid: [good()] }, { ...config, pairs: 2 })
    const again = await prepareData({ train: [good()], valid: [good()] }, { ...config, pairs: 2 })
    expect([two.train.count, two.valid.count, two.cleaning[0]?.report.read]).toEqual([2, 3, 2])
    expect(again.hash).toBe(two.hash)
  })

  it('rejects data of which nothing is left, and foreign tokenizers', async () => {
    const none = file('none-left.tsv', 'a\t\n\tb\n')
    await expect(prepareData({ train: [none], valid: [good()] }, config)).rejects.toThrow(/none-left\.tsv: no sentence pair is left after cleaning, of 2/)
    await expect(prepareData({ train: [good()], valid: [none] }, config)).rejects.toThrow(/none-left\.tsv: there is no sentence pair with two sides/)
    await expect(prepareData({ train: [good()], valid: [good()] }, { ...config, maxTokens: 2 })).rejects.toThrow(/good\.tsv: every pair is longer than 2 tokens/)
    const foreign = await trainBpe(['the cat'], { vocabSize: 258, specialTokens: ['<eos>'] })
    const tokenizer = file('tokenizer.json', JSON.stringify(foreign.toJSON()))
    await expect(prepareData({ train: [good()], valid: [good()], tokenizer }, config)).rejects.toThrow(/tokenizer\.json: is not a tokenizer for translation: <s> must have the id 0, got no such token/)
  })

  const tokensOf = (data: Awaited<ReturnType<typeof prepareData>>, i: number) =>
    Array.from(sequence(data.train.sources, i), (id) => data.tokenizer.idToToken(id).replace('Ġ', ' ')).join('')

  it('turns pairs around, or learns both ways with the language in front', async () => {
    const backward = await prepareData({ train: [good()], valid: [good()] }, { ...config, directions: 'backward' })
    expect(tokensOf(backward, 0)).toBe(' die Katze')
    const both = await prepareData({ train: [`en-de=${good()}`], valid: [`en-de=${good()}`] }, { ...config, directions: 'both' })
    expect([both.train.count, both.validation.map(({ direction }) => direction)]).toEqual([6, [{ from: 'en', to: 'de' }, { from: 'de', to: 'en' }]])
    expect([tokensOf(both, 0), tokensOf(both, 3)]).toEqual(['<2de> the cat', '<2en> die Katze'])
    expect(both.cleaning.map(({ report }) => report.kept)).toEqual([3])
    const files = [good(), file('good.de', 'eins\nzwei\n'), file('good.fr', 'un\ndeux\n')]
    const many = await prepareData({ train: [`en-de=${files[0]}`, `de-fr=${files[1]},${files[2]}`], valid: [`en-de=${good()}`] }, { ...config, samplingTemperature: 2 })
    expect(tokensOf(many, 3)).toBe('<2fr> eins')
    expect(many.shares.map(({ repeats }) => repeats)).toEqual([1, expect.closeTo(Math.sqrt(1.5), 12)])
  })

  it('shows true pairs more often than synthetic ones, whose tag is read', async () => {
    const synthetic = file('synthetic.tsv', '<bt> the bird\tder Vogel\nthe <bt> fish\tder Fisch\n')
    const data = await prepareData({ train: [good()], valid: [good()], synthetic: [synthetic] }, { ...config, upsample: 2 })
    expect(data.shares).toEqual([{ start: 0, end: 3, repeats: 2 }, { start: 3, end: 5, repeats: 1 }])
    expect([tokensOf(data, 3), tokensOf(data, 4)]).toEqual(['<bt> the bird', ' the <bt> fish'])
    expect(sequence(data.train.sources, 3)[0]).toBe(data.tokenizer.tokenToId('<bt>'))
    expect(sequence(data.train.sources, 4)).not.toContain(data.tokenizer.tokenToId('<bt>'))
  })

  it('rejects languages that do not go together', async () => {
    const rejects = (files: { train: string[]; valid: string[] }, message: RegExp, more = {}) =>
      expect(prepareData(files, { ...config, ...more })).rejects.toThrow(message)
    const named = `en-de=${good()}`
    await rejects({ train: [named, good()], valid: [named] }, /Either all data say their languages or none do, got .*good\.tsv: write it as en-de=/)
    await rejects({ train: [`en-en=${good()}`], valid: [named] }, /A language is not translated into itself/)
    await rejects({ train: [good()], valid: [good()] }, /To learn both directions, name the languages/, { directions: 'both' })
    await rejects({ train: [named], valid: [`en-fr=${good()}`] }, /good\.tsv: translates into "fr", which is not among what is trained: "de"/)
    await rejects({ train: [named], valid: [good()] }, /translates into a language without a name, .*: "de"/)
  })
})
