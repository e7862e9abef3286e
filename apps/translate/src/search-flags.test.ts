import { UsageError } from '@parlance/nn/command-line'
import { Command } from 'commander'
import { describe, expect, it } from 'vitest'
import { addLineFlags, addSearchFlags, readLine, type SearchFlags, translateOptions } from './search-flags.js'

function optionsOf(...args: string[]) {
  const command = addLineFlags(addSearchFlags(new Command('test'))).option('--n-best <n>', '', Number).exitOverride()
  return translateOptions(command.parse(args, { from: 'user' }).opts<SearchFlags>())
}

describe('search flags', () => {
  it('give the library what they say, and nothing when they say nothing', () => {
    expect(optionsOf()).toEqual({})
    expect(
      optionsOf(
        '--beam-size', '6', '--n-best', '2', '--length-penalty', '0.6', '--length-normalization', 'gnmt', '--coverage-penalty', '0.2',
        '--patience', '2', '--diverse-beam-groups', '3', '--no-repeat-ngram-size', '3', '--repetition-penalty', '1.2',
        '--suppress', 'cat', 'black dog', '--replace-unk', '--min-length', '2', '--max-length', '40', '--batch-size', '8',
      ),
    ).toEqual({
      beamSize: 6, nBest: 2, lengthPenalty: 0.6, lengthNormalization: 'gnmt', coveragePenalty: 0.2, patience: 2,
      diversity: { groups: 3, strength: 0.5 }, noRepeatNgrams: 3, repetitionPenalty: 1.2, suppress: ['cat', 'black dog'],
      replaceUnknowns: true, minLength: 2, maxLength: 40, batchSize: 8,
    })
    expect(optionsOf('--sampling')).toEqual({ sampling: { seed: 1 } })
    expect(optionsOf('--sampling', '--seed', '7', '--temperature', '0.8', '--top-k', '50', '--top-p', '0.9', '--typical-p', '0.95')).toEqual({
      sampling: { seed: 7, temperature: 0.8, topK: 50, topP: 0.9, typicalP: 0.95 },
    })
  })

  it.each([
    [['--diverse-beam-strength', '1'], '--diverse-beam-strength needs --diverse-beam-groups: say how many groups.'],
    [['--top-k', '5'], '--top-k is for --sampling: add that, or leave it out.'],
    [['--beam-size', 'x'], 'beamSize must be a whole number of 1 or more, got NaN.'],
    [['--sampling', '--patience', '2'], 'patience is an option of beam search, and sampling keeps no beam: leave one of them out.'],
  ])('%j is refused', (args, message) => {
    expect(() => optionsOf(...args)).toThrow(new UsageError(message))
  })
})

describe('readLine', () => {
  it('reads fields as flags say', () => {
    const line = 'a\tb\tc\t\td'
    expect(readLine(line, 4, {})).toEqual({ text: line, number: 4 })
    expect(readLine('a\tb ', 0, { forceDecode: true })).toEqual({ text: 'a', number: 0, prefix: 'b ' })
    expect(readLine(line, 0, { constraints: true })).toEqual({ text: 'a', number: 0, phrases: ['b', 'c', 'd'] })
    expect(readLine(line, 0, { forceDecode: true, constraints: true })).toEqual({ text: 'a', number: 0, prefix: 'b', phrases: ['c', 'd'] })
    expect(readLine('a', 0, { forceDecode: true, constraints: true })).toEqual({ text: 'a', number: 0 })
  })

  it('refuses fields too many', () => {
    expect(() => readLine('a\tb\tc', 1, { forceDecode: true })).toThrow(
      new UsageError('line 2 has 3 fields, wanted a source and a beginning: add --constraints for phrases to contain.'))
  })
})
