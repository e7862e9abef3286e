import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { generateParallel } from '@parlance/corpora'
import { UsageError } from '@parlance/nn/command-line'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { run } from './program.js'

const pairs = generateParallel({ seed: 1, pairs: 60 })
let folder: string
let data: string
let model: string

async function output(...args: string[]): Promise<string> {
  let out = ''
  const write = vi.spyOn(process.stdout, 'write').mockImplementation((text) => ((out += String(text)), true))
  try {
    await run(args)
  } finally {
    write.mockRestore()
  }
  return out
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'parlance-quantize-'))
  data = join(folder, 'pairs.tsv')
  model = join(folder, 'model')
  writeFileSync(data, pairs.map(({ source, target }) => `${source}\t${target}\n`).join(''))
  await output(
    'train', '--data', data, '--valid', data, '--output', model, '--max-steps', '60', '--vocab-size', '400', '--width', '64',
    '--encoder-layers', '1', '--decoder-layers', '1', '--feed-forward-width', '128', '--batch-tokens', '500', '--warmup-steps', '30',
    '--learning-rate', '0.005', '--threads', '1', '--evaluate-sentences', '2', '--json')
})
afterAll(() => rmSync(folder, { recursive: true }))

describe('parlance-translate quantize', () => {
  it('prints size, speed, BLEU and chrF before and after, and what the shortlists cover', async () => {
    const small = join(folder, 'small')
    const out = await output('quantize', '--model', model, '--output', small, '--to', 'int8', '--shortlist', data, '--data', data, '--limit', '10', '--threads', '1')
    const [, ...rows] = out.split('\n')
    expect(rows.slice(0, 5).map((row) => row.split(/\s+/u)[0])).toEqual(['megabytes', 'sentences/s', 'tokens/s', 'BLEU', 'chrF'])
    const [, before, after] = (rows[0] as string).split(/\s+/u).map(Number) as [number, number, number]
    expect(after).toBeLessThan(0.75 * before)
    expect(rows[5]).toMatch(/^shortlists of \d+ tokens hold [\d.]+% of the references' tokens, all of [\d.]+% of the references$/u)
    expect(await output('evaluate', '--model', small, '--data', data, '--limit', '5', '--threads', '1')).toMatch(/^BLEU\|/u)
  })

  it('writes an object, and sizes alone without data', async () => {
    const { before, after, coverage } = JSON.parse(await output('quantize', '--model', model, '--output', join(folder, 'four'), '--to', 'int4', '--json'))
    expect(Object.keys(before)).toEqual(['megabytes'])
    expect(after.megabytes).toBeLessThan(before.megabytes)
    expect(coverage).toBeNull()
  })

  it('says what is wrong with its flags', async () => {
    const quantize = (...more: string[]) => output('quantize', '--model', model, '--output', join(folder, 'x'), ...more)
    await expect(quantize()).rejects.toThrow(UsageError)
    await expect(quantize('--to', 'int3')).rejects.toThrow("argument 'int3' is invalid. Allowed choices are int8, int8-weights, int4, float16.")
    await expect(quantize('--to', 'int8', '--limit', '0')).rejects.toThrow('--limit must be a whole number of 1 or more, got 0.')
    expect(existsSync(join(folder, 'x'))).toBe(false)
  })
})

describe('parlance-translate export', () => {
  it('writes a folder for transformers.js, and says where an output is missing or in vain', async () => {
    const exported = join(folder, 'exported')
    await output('export', '--model', model, '--format', 'transformers.js', '--output', exported)
    for (const name of ['config.json', 'tokenizer.json', 'onnx/encoder_model.onnx', 'onnx/decoder_model_merged.onnx']) {
      expect(existsSync(join(exported, name))).toBe(true)
    }
    await expect(output('export', '--model', model, '--format', 'transformers.js')).rejects.toThrow('name it with --output')
    await expect(output('export', '--model', model, '--output', exported)).rejects.toThrow('--output is for --format transformers.js')
  })
})
