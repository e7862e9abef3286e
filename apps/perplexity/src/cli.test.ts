import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { UsageError } from '@parlance/nn/command-line'
import { CommanderError } from 'commander'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { program } from './program.js'

const main = fileURLToPath(new URL('main.ts', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'perplexity-'))
const file = (name: string) => join(folder, name)

interface Ended {
  code: number | null
  out: string
  err: string
}

/** Runs the command in a process of its own; `watch` sees the process before it ends. */
function run(args: readonly string[], { stdin = '', watch }: { stdin?: string; watch?: (kill: (signal: NodeJS.Signals) => void) => () => void } = {}): Promise<Ended> {
  const child = spawn(process.execPath, ['--conditions=@parlance/source', '--import', 'tsx', main, ...args])
  const ended: Ended = { code: null, out: '', err: '' }
  child.stdout.on('data', (part) => (ended.out += part))
  child.stderr.on('data', (part) => (ended.err += part))
  child.stdin.end(stdin)
  const stop = watch?.((signal) => child.kill(signal))
  return new Promise((resolve) => {
    child.on('close', (code) => {
      stop?.()
      resolve({ ...ended, code })
    })
  })
}

/** Runs the command in this process, for what ends before it writes a result: an error's kind decides the exit code. */
async function fail(args: readonly string[]): Promise<{ code: number; message: string }> {
  const command = program()
  let message = ''
  for (const each of [command, ...command.commands]) {
    each.configureOutput({ writeErr: (text) => (message += text.replace(/^parlance-perplexity: |\n$/g, '')) })
  }
  try {
    await command.parseAsync([...args], { from: 'user' })
  } catch (error) {
    if (error instanceof CommanderError) return { code: 2, message }
    return { code: error instanceof UsageError ? 2 : 1, message: (error as Error).message }
  }
  throw new Error(`${args.join(' ')} did not fail`)
}

/** Sends a signal once a run's log has reached a step. */
function signalAt(output: string, step: number, signal: NodeJS.Signals) {
  return (kill: (signal: NodeJS.Signals) => void) => {
    const timer = setInterval(() => {
      if (steps(output).length < step) return
      clearInterval(timer)
      kill(signal)
    }, 5)
    return () => clearInterval(timer)
  }
}

/** The logged steps of a run, without how long they took. */
function steps(output: string): unknown[] {
  const log = join(output, 'log.jsonl')
  if (!existsSync(log)) return []
  const lines = readFileSync(log, 'utf8').split('\n').filter((line) => line.endsWith('}'))
  return lines.map((line) => JSON.parse(line)).flatMap(({ step, loss }) => (loss === undefined ? [] : [{ step, loss }]))
}

/** Sentences in which the animal decides the sound. */
function text(sentences: number, shift: number): string {
  const animals = [['cat', 'purrs'], ['dog', 'barks'], ['cow', 'moos']] as const
  const colours = ['big', 'old', 'red', 'sad', 'shy']
  return Array.from({ length: sentences }, (_, i) => {
    const at = (i * i + shift) % 97
    const [animal, sound] = animals[at % 3] as (typeof animals)[0]
    return `the ${colours[(at * 7 + i) % 5]} ${animal} ${sound}\n`
  }).join('')
}

const SMALL = ['--layers', '1', '--width', '16', '--context', '8', '--batch', '4', '--warmup-steps', '2', '--learning-rate', '0.02', '--min-learning-rate', '0.001']
const TRAIN = ['train', '--corpus', file('train.txt'), '--valid', file('valid.txt'), '--tokenizer', 'char', '--threads', '1', ...SMALL]

beforeAll(async () => {
  writeFileSync(file('train.txt'), text(300, 1))
  writeFileSync(file('valid.txt'), text(30, 5))
  const { code, err } = await run([...TRAIN, '--output', file('lm'), '--heads', '2', '--max-steps', '150'])
  expect([code, err]).toEqual([0, expect.stringContaining('Ended by maxSteps after step 150')])
})
afterAll(() => rmSync(folder, { recursive: true }))

describe('parlance-perplexity', () => {
  it('measures a model on a file and on standard input', async () => {
    const [fromFile, fromInput, figures] = await Promise.all([
      run(['--model', file('lm'), '--corpus', file('valid.txt'), '--json']),
      run(['--model', file('lm'), '--json'], { stdin: text(30, 5) }),
      run(['--model', file('lm'), '--corpus', file('valid.txt'), '--stride', '4', '--threads', '1']),
    ])
    const result = JSON.parse(fromFile.out)
    const { length } = text(30, 5)
    expect(result).toMatchObject({ model: file('lm'), tokens: length - 1, bytes: length, words: 30 * 5, context: 8, stride: 8 })
    expect(result.perplexity).toBeCloseTo(Math.exp(result.nll / (length - 1)), 6)
    expect(result.bits_per_byte).toBeCloseTo(result.nll / Math.LN2 / length, 6)
    expect(result.word_perplexity).toBeCloseTo(Math.exp(result.nll / 150), 6)
    expect(Object.keys(result.denominators)).toEqual(['tokens', 'words', 'bytes'])
    expect(JSON.parse(fromInput.out)).toEqual(result)
    expect(figures.out).toMatch(/^bits per byte +\d\.\d{4} +over \d+ bytes: UTF-8 bytes of the whole text$/m)
    expect(figures.out).toMatch(/^stride +4 /m)
    expect(figures.err).toBe('')
  })

  it('counts n-grams of words and of tokens and measures them', async () => {
    const [words, tokens] = [file('words.ngram'), file('tokens.ngram')]
    const trained = await Promise.all([
      run(['train-ngram', '--corpus', file('train.txt'), '--order', '3', '--output', words, '--json']),
      run(['train-ngram', '--corpus', file('train.txt'), '--tokenizer', file('lm/tokenizer.json'), '--output', tokens]),
    ])
    expect(trained.map(({ code }) => code)).toEqual([0, 0])
    expect(JSON.parse(trained[0].out)).toEqual({ file: words, order: 3, vocab_size: 14 })
    const measured = await Promise.all(
      [words, tokens].map((name) => run(['--model', `ngram:${name}`, '--corpus', file('valid.txt'), '--json'])),
    )
    const [byWords, byTokens] = measured.map(({ out }) => JSON.parse(out))
    expect(byWords).toMatchObject({ tokens: 149, words: 150, context: 2, stride: null })
    expect(byTokens).toMatchObject({ tokens: text(30, 5).length - 1, context: 4 })
    expect(byWords.word_perplexity).toBeLessThan(5)
  })

  it('prints a model beside n-grams', async () => {
    const args = ['compare', '--model', file('lm'), '--corpus', file('train.txt'), '--test', file('valid.txt')]
    const [table, json] = await Promise.all([run(args), run([...args, '--json'])])
    const lines = table.out.split('\n')
    expect(lines[0]).toMatch(/^model +tokens +perplexity +word perplexity +bits per byte$/)
    expect(lines.slice(1, 4).map((line) => line.split(/ {2,}/)[0])).toEqual(['transformer 1 × 16', '5-gram, the same tokens', '5-gram, words'])
    const rows = JSON.parse(json.out)
    expect(rows).toHaveLength(3)
    expect(rows[0].tokens).toBe(rows[1].tokens)
  })

  it('continues a text', async () => {
    const { code, out } = await run(['generate', '--model', file('lm'), '--prompt', 'the ', '--max-tokens', '30', '--seed', '3'])
    expect(code).toBe(0)
    expect(out.length).toBe('the '.length + 30 + 1)
    expect(out).toMatch(/^the [a-z \n]+\n$/)
    const piped = await run(['generate', '--model', file('lm'), '--max-tokens', '30', '--seed', '3', '--json'], { stdin: 'the ' })
    expect(JSON.parse(piped.out)).toEqual({ prompt: 'the ', continuation: out.slice(4, -1) })
  })

  it('goes on after kill −9 with the same losses, from the folder alone', async () => {
    const [whole, killed] = [file('whole'), file('killed')]
    const args = [...TRAIN, '--model', 'lstm', '--dropout', '0.1', '--max-steps', '150', '--log-every', '1', '--checkpoint-every', '20']
    await run([...args, '--output', whole])
    const first = await run([...args, '--output', killed], { watch: signalAt(killed, 30, 'SIGKILL') })
    expect(first.code).toBe(null)
    const config = ['--corpus', file('train.txt'), '--valid', file('valid.txt'), '--threads', '1']
    const interrupted = await run(['train', '--resume', '--output', killed, ...config], { watch: signalAt(killed, 70, 'SIGINT') })
    expect(interrupted.err).toContain('the checkpoint is written: resume to go on from it.')
    expect((await run(['--model', killed, '--corpus', file('valid.txt'), '--json'])).code).toBe(0)
    expect(steps(killed).length).toBeLessThan(150)
    const resumed = await run(['train', '--resume', '--output', killed, ...config])
    expect(resumed.code).toBe(0)
    expect(steps(killed)).toEqual(steps(whole))
    expect(readFileSync(join(killed, 'model.safetensors')).equals(readFileSync(join(whole, 'model.safetensors')))).toBe(true)
  })

  it('trains by a config file, flags winning, on a part of one text', async () => {
    writeFileSync(file('config.json'), JSON.stringify({ layers: 1, width: 8, heads: 1, context: 4, batch: 2, maxSteps: 3, warmupSteps: 1, bias: true }))
    const args = ['train', '--corpus', file('train.txt'), '--config', file('config.json'), '--tokenizer', 'bpe:270', '--width', '16', '--no-bias']
    const { code, out } = await run([...args, '--output', file('configured'), '--json'])
    expect(code).toBe(0)
    expect(JSON.parse(out)).toMatchObject({ folder: file('configured'), step: 3, reason: 'maxSteps' })
    const { parlance } = JSON.parse(readFileSync(file('configured/config.json'), 'utf8'))
    expect(parlance.model).toMatchObject({ type: 'transformer', vocabSize: 270, width: 16, context: 4, bias: false })
    const { corpus, validation } = parlance.data
    expect(corpus.bytes + validation.bytes).toBe(text(300, 1).length)
    expect(validation.bytes / (corpus.bytes + validation.bytes)).toBeCloseTo(0.1, 1)
  })

  it('prints help with examples', async () => {
    const { code, out } = await run(['train', '--help'])
    expect(code).toBe(0)
    expect(out).toContain('Examples:\n  parlance-perplexity train ')
    const command = program()
    for (const each of [command, ...command.commands]) {
      let help = ''
      each.configureOutput({ writeOut: (text) => (help += text) }).outputHelp()
      expect(help).toContain('Examples:\n  parlance-perplexity ')
    }
  })
})

describe('bad input is one line', () => {
  const wrong = async (code: number, message: string | RegExp, args: string[]) => {
    const failed = await fail(args)
    if (typeof message === 'string') expect(failed.message).toBe(message)
    else expect(failed.message).toMatch(message)
    expect(failed.message).not.toContain('\n')
    expect(failed.code).toBe(code)
  }
  const corpus = ['--corpus', file('valid.txt')]

  it('named after the command, with the exit code', async () => {
    const usage = await run(['--colour'])
    expect(usage).toEqual({ code: 2, out: '', err: "parlance-perplexity: unknown option '--colour' (Did you mean --corpus?)\n" })
    const work = await run(['--model', file('lm'), '--corpus', file('none.txt')])
    expect(work).toEqual({ code: 1, out: '', err: `parlance-perplexity: ${file('none.txt')}: no such file\n` })
  })

  it('for wrong usage', async () => {
    await wrong(2, 'The option --model is missing: see --help.', corpus)
    await wrong(2, /option '--stride <n>' argument '0' is invalid\. Expected a whole number from 1\./, ['--model', file('lm'), '--stride', '0'])
    await wrong(2, 'The stride must be a whole number from 1 to the context of 8, got 9.', ['--model', file('lm'), ...corpus, '--stride', '9'])
    await wrong(2, "The model's context is 8 tokens, got 9: ask for as many or fewer.", ['--model', file('lm'), ...corpus, '--context', '9'])
    await wrong(2, /argument 'gpu' is invalid\. Allowed choices are auto, cpu\./, ['--model', file('lm'), '--device', 'gpu'])
    const train = ['train', ...corpus, '--output', file('never')]
    await wrong(2, "required option '--output <folder>' not specified", ['train', ...corpus])
    await wrong(2, 'heads does not go with the model lstm: leave it out.', [...train, '--tokenizer', 'char', '--model', 'lstm', '--heads', '2'])
    await wrong(2, /^the command line: field "batch": .*got 0\.$/, [...train, '--batch', '0'])
    await wrong(2, /^The training text has \d+ tokens, but 1001 are needed/, [...train, '--tokenizer', 'char', '--context', '1000'])
    await wrong(2, /lm holds a model already: resume that run, or name another folder\.$/, [...TRAIN, '--output', file('lm')])
    await wrong(2, /^The vocabulary of --tokenizer bpe:9 must be a whole number from 256/, [...train, '--tokenizer', 'bpe:9'])
    await wrong(2, /^There is no run to resume in .*never/, [...train, '--tokenizer', 'char', ...SMALL, '--resume'])
    writeFileSync(file('unknown.json'), '{"layer": 3}')
    await wrong(2, /unknown\.json: there is no field "layer"\. Did you mean "layers"\?/, [...train, '--config', file('unknown.json')])
  })

  it('for failed work', async () => {
    writeFileSync(file('empty.txt'), '')
    await wrong(1, `${file('empty.txt')}: it is empty, expected text`, ['--model', file('lm'), '--corpus', file('empty.txt')])
    await wrong(1, `${file('empty.txt')}: it is empty, expected text`, [...TRAIN, '--corpus', file('empty.txt'), '--output', file('never')])
    writeFileSync(file('latin1.txt'), Buffer.from([0x63, 0x61, 0x66, 0xe9, 0x0a]))
    await wrong(1, `${file('latin1.txt')}: it is not UTF-8: invalid byte 0xe9 at offset 3; convert it first`, ['--model', file('lm'), '--corpus', file('latin1.txt')])
    await wrong(1, `${file('nowhere/config.json')}: there is no such file.`, ['--model', file('nowhere'), ...corpus])
    await wrong(1, /valid\.txt is not an n-gram model/, ['--model', `ngram:${file('valid.txt')}`, ...corpus])
  })

  it('for a damaged model folder', async () => {
    await run([...TRAIN, '--output', file('damaged'), '--heads', '2', '--max-steps', '2'])
    const config = JSON.parse(readFileSync(file('damaged/config.json'), 'utf8'))
    const width = { ...config, parlance: { ...config.parlance, model: { ...config.parlance.model, width: 32 } } }
    writeFileSync(file('damaged/config.json'), JSON.stringify(width))
    await wrong(1, /model\.safetensors: the weights are not those that config\.json describes: .* has shape \[\d+, 16\], expected \[\d+, 32\]/, ['--model', file('damaged'), ...corpus])
    writeFileSync(file('damaged/config.json'), JSON.stringify(config))
    writeFileSync(file('damaged/tokenizer.json'), readFileSync(file('configured/tokenizer.json')))
    await wrong(1, /tokenizer\.json: has another vocabulary \(270 tokens, hash \w+\) than the model's \(\d+ tokens/, ['--model', file('damaged'), ...corpus])
  })

  it('for a loss that is not a number: names the step and keeps the checkpoint', async () => {
    const wild = [...TRAIN, '--output', file('wild'), '--max-steps', '50', '--learning-rate', '1e30', '--max-gradient-norm', '1e30', '--checkpoint-every', '1']
    const { code, err } = await run(wild)
    expect(err.trim().split('\n').at(-1)).toMatch(
      /^parlance-perplexity: The (loss|gradient norm) is (NaN|Infinity) at step \d+ \(learning rate .*\): lower the learning rate.* The checkpoint of step \d+ in .* is whole/,
    )
    expect(code).toBe(1)
  })
})
