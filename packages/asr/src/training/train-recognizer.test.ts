import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { writeWav } from '@parlance/audio'
import { UsageError } from '@parlance/nn'
import { Random } from '@parlance/runtime'
import { saveTokenizer, trainBpe } from '@parlance/tokenizer'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { trainRecognizer } from './train-recognizer.js'
import { Transcriber } from '../transcriber.js'

let folder: string
const config = {
  features: { sampleRate: 8000, bins: 8 },
  encoder: { width: 8, layers: 1, heads: 2, kernel: 3 },
  maxSteps: 3, batchSize: 2, buckets: 1, evaluateEvery: 2, threads: 1,
}
const quiet = { isTTY: false, write: () => true } as unknown as NodeJS.WriteStream

/** A manifest of noise, each recording with a transcript and so many seconds. */
function manifest(name: string, recordings: readonly (readonly [text: string, seconds: number])[]): string {
  const lines = recordings.map(([text, seconds], i) => {
    const audio = `${name}-${i}.wav`
    writeWav(join(folder, audio), { sampleRate: 8000, channels: [new Random(i).uniform(seconds * 8000, -0.5, 0.5)] })
    return JSON.stringify({ audio, text })
  })
  const file = join(folder, `${name}.jsonl`)
  writeFileSync(file, `${lines.join('\n')}\n`)
  return file
}

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'train-recognizer-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

describe('trainRecognizer', () => {
  it('leaves a whole model folder and names the recordings that are shorter than their transcripts', async () => {
    const data = manifest('train', [['ab ba', 1], ['b', 0.8], ['abababababababab', 0.5], ['a b', 1.2]])
    const output = join(folder, 'model')
    const result = await trainRecognizer({ data, valid: data, output, config, progress: quiet })
    expect(result).toMatchObject({ step: 3, reason: 'maxSteps', leftOut: [join(folder, 'train-2.wav')] })
    for (const file of ['config.json', 'tokenizer.json', 'model.safetensors', 'encoder.onnx', 'README.md', 'report.html', 'log.jsonl']) {
      expect(existsSync(join(output, file)), file).toBe(true)
    }
    const report = readFileSync(join(output, 'report.html'), 'utf8')
    for (const part of ['WER', '<td>Loss</td>', 'Transcripts', 'What the model hears: ab ba', 'CTC alignment: ab ba']) expect(report).toContain(part)
    const transcriber = await Transcriber.load(output, { threads: 1 })
    expect(transcriber.sampleRate).toBe(8000)
    transcriber.dispose()
    await expect(trainRecognizer({ data, output, config, progress: quiet })).rejects.toThrow('holds a model already')
    const other = { ...config, seed: 9 }
    const resumed = trainRecognizer({ data, valid: data, output, config: other, resume: true, progress: quiet })
    await expect(resumed).rejects.toThrow('was started with another config: training.seed was 1 and is now 9')
  })

  it('keeps averaged weights, and the best by word error rate, where the config says so', async () => {
    const data = manifest('averaged', [['ab ba', 1], ['b', 0.8]])
    const trained = async (name: string, more: object) => {
      const output = join(folder, name)
      const result = await trainRecognizer({ data, valid: data, output, config: { ...config, ...more }, progress: quiet })
      return { ...result, weights: readFileSync(join(output, 'model.safetensors')) }
    }
    const last = await trained('last', {})
    const averaged = await trained('average', { averageDecay: 0.9, metric: 'wer' })
    expect(averaged.weights.equals(last.weights)).toBe(false)
    // Word error rates come in steps of a third; the loss does not.
    expect((3 * (averaged.best?.value as number)) % 1).toBeCloseTo(0, 9)
    expect((3 * (last.best?.value as number)) % 1).not.toBeCloseTo(0, 3)
  })

  it('writes words or the tokens of a given tokenizer', async () => {
    const data = manifest('units', [['yes no', 1], ['no', 1]])
    const words = join(folder, 'words')
    await trainRecognizer({ data, output: words, config: { ...config, units: 'words' }, progress: quiet })
    expect(readFileSync(join(words, 'tokenizer.json'), 'utf8')).toContain('"WordLevel"')
    ;(await Transcriber.load(words, { threads: 1 })).dispose()

    const tokenizer = join(folder, 'bpe.json')
    await saveTokenizer(await trainBpe(['yes no no yes'], { vocabSize: 260, specialTokens: ['<blank>'] }), tokenizer)
    const pairs = join(folder, 'pairs')
    await trainRecognizer({ data, tokenizer, output: pairs, config, progress: quiet })
    ;(await Transcriber.load(pairs, { threads: 1 })).dispose()
  })

  it('refuses data and tokenizers that cannot work', async () => {
    const data = manifest('short', [['too many letters', 0.1]])
    const output = join(folder, 'refused')
    await expect(trainRecognizer({ data, output, config, progress: quiet })).rejects.toThrow('every recording is shorter than its transcript')
    const tokenizer = join(folder, 'no-blank.json')
    await saveTokenizer(await trainBpe(['abc'], { vocabSize: 256 }), tokenizer)
    const refused = trainRecognizer({ data, tokenizer, output, config, progress: quiet })
    await expect(refused).rejects.toThrow(UsageError)
    await expect(refused).rejects.toThrow('no-blank.json: the first token must be <blank>, got ')
    const strange = manifest('strange', [['xyz', 1]])
    const valid = manifest('valid', [['xyzq', 1]])
    await expect(trainRecognizer({ data: strange, valid, output, config, progress: quiet })).rejects.toThrow(
      /The transcript of .*valid-0\.wav cannot be encoded: character "q"/,
    )
    expect(existsSync(output)).toBe(false)
  })
})
