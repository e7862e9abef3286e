import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { readArpa } from './arpa-read.js'
import { writeArpa } from './arpa-write.js'
import { NgramError } from './errors.js'
import { randomSequences } from './testing/brute-force.js'
import { trainNgram } from './train.js'

const folder = mkdtempSync(join(tmpdir(), 'ngram-arpa-'))
afterAll(() => rmSync(folder, { recursive: true }))
const file = join(folder, 'model.arpa')
const kenlm = new URL('testing/kenlm.arpa', import.meta.url).pathname

const small = `text before the header

\\data\\
ngram 1=4
ngram 2=3

\\1-grams:
-0.5\ta\t-0.2
-99\t<s>\t-0.3
-0.7\t</s>
-0.4\tb\t0

\\2-grams:
-0.1\t<s> b
-0.3\ta b
-0.2\t<s> a

\\end\\
`

describe('readArpa', () => {
  it('reads rows in any order and backs off', () => {
    writeFileSync(file, small)
    const { model, words } = readArpa(file)
    expect(words).toEqual(['a', '</s>', 'b'])
    expect([model.order, model.vocabSize, model.eos, model.bos]).toEqual([2, 3, 1, 3])
    const log10 = (context: number[], token: number) => model.logProb(context, token) / Math.LN10
    expect(log10([3], 0)).toBeCloseTo(-0.2, 6)
    expect(log10([3], 2)).toBeCloseTo(-0.1, 6)
    expect(log10([3], 1)).toBeCloseTo(-0.3 - 0.7, 6)
    expect(log10([0], 0)).toBeCloseTo(-0.2 - 0.5, 6)
    expect(log10([1], 2)).toBeCloseTo(-0.4, 6)
  })

  it('reads KenLM\'s files and scores as KenLM\'s query does', () => {
    const { model, words } = readArpa(kenlm)
    const score = (text: string) => {
      const ids = text.split(' ').filter((word) => word !== '').map((word) => Math.max(words.indexOf(word), 0))
      return -model.scoreSentences([ids]).nll / Math.LN10
    }
    expect(words[0]).toBe('<unk>')
    expect(score('the cat sat on a log')).toBeCloseTo(-5.159063, 5)
    expect(score('a fox saw the mat')).toBeCloseTo(-5.888506, 5)
    expect(score('')).toBeCloseTo(-0.7998344, 5)
    expect(score('dog dog dog')).toBeCloseTo(-4.6622233, 5)
  })

  it.each([
    ['', 'ends after line 0: not a whole ARPA file'],
    [small.slice(0, small.indexOf('\\2-grams')), 'not a whole ARPA file'],
    [small.replace('ngram 1=4', 'ngram 1=3'), 'line 11: expected \\2-grams:, got "-0.4'],
    [small.replace('ngram 2=3', 'ngram 2=4'), 'line 17: expected a probability, 2 words, got ""'],
    [small.replace('ngram 2=3', 'ngram 2=2'), 'expected \\end\\: the header announces fewer n-grams'],
    [small.replace('ngram 2=3', 'ngram 2=2000000000'), 'line 5: the file is too small for that many n-grams'],
    [small.replace('ngram 2=3', 'ngram 3=3'), 'line 5: expected "ngram 2=COUNT" or an empty line'],
    [small.replace('-0.3\ta b', '-0.3\ta z'), 'line 15: the word is not among the 1-grams, got "z"'],
    [small.replace('-0.3\ta b', '-0.3\ta <s>'), 'line 15: <s> cannot follow other words'],
    [small.replace('-0.3\ta b', '0.3\ta b'), 'line 15: expected a log-probability ≤ 0, got "0.3"'],
    [small.replace('-0.3\ta b', 'x\ta b'), 'line 15: expected a number, got "x"'],
    [small.replace('-0.3\ta b', '-0.2\t<s> b'), 'the 2-gram of tokens 3 2 occurs twice'],
    [small.replace('\tb\t0', '\ta\t0'), 'a word occurs twice among the 1-grams'],
    [small.replace('ngram 2=3', 'ngram 2=3\nngram 3=1').replace('\\end', '\\3-grams:\n-1\tb a b\n\n\\end'),
      'the 3-gram of tokens 2 0 2 has no context among the 2-grams'],
  ])('refuses a malformed file (%#)', (text, message) => {
    writeFileSync(file, text)
    expect(() => readArpa(file)).toThrow(NgramError)
    expect(() => readArpa(file)).toThrow(message)
  })

  it('refuses bytes that are not UTF-8', () => {
    writeFileSync(file, Buffer.concat([Buffer.from(small.slice(0, 80)), Buffer.from([0xC3, 0x28])]))
    expect(() => readArpa(file)).toThrow(`${file} is not UTF-8 text`)
  })
})

describe('writeArpa', () => {
  it('keeps every probability, in sentence and in stream models', () => {
    for (const eos of [undefined, 2]) {
      const sequences = randomSequences(8, 100, 11)
      const model = trainNgram(sequences, { order: 4, vocabSize: 12, ...(eos === undefined ? {} : { eos }) })
      writeArpa(file, model)
      const { model: read, words } = readArpa(file)
      expect(words).toEqual(Array.from({ length: 12 }, (_, id) => (id === eos ? '</s>' : String(id))))
      expect(read.eos).toBe(eos)
      expect(read.levels.map((level) => [...level.words])).toEqual(model.levels.map((level) => [...level.words]))
      const tokens = sequences.flat()
      tokens.forEach((token, i) => {
        const context = [model.bos, ...tokens.slice(Math.max(0, i - 3), i)]
        expect(read.logProb(context, token)).toBeCloseTo(model.logProb(context, token), 5)
      })
    }
    expect(readdirSync(folder)).toEqual(['model.arpa'])
  })

  it('writes KenLM\'s model as KenLM does', () => {
    const { model, words } = readArpa(kenlm)
    writeArpa(file, model, words)
    const entries = (path: string) => readFileSync(path, 'utf8').split('\n').filter((line) => line.includes('\t'))
      .map((line) => line.split('\t')[1]).sort()
    expect(entries(file)).toEqual(entries(kenlm))
  })

  it.each([
    [['a', 'b'], 'expected 3 words, one per token, got 2'],
    [['a', 'b c', 'd'], 'ARPA files cannot hold the word "b c"'],
    [['a', '', 'd'], 'ARPA files cannot hold the word ""'],
    [['a', 'd', 'd'], 'the word "d" stands for more than one token'],
    [['a', '<s>', 'd'], 'the word "<s>" stands for more than one token'],
  ])('refuses the words %j', (words, message) => {
    const model = trainNgram([[0, 1, 2]], { order: 2, vocabSize: 3 })
    expect(() => writeArpa(file, model, words)).toThrow(message)
  })
})
