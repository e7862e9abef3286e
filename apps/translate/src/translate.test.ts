import { spawn } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { generateParallel } from '@parlance/corpora'
import { readLog } from '@parlance/nn'
import { UsageError } from '@parlance/nn/command-line'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { run as runProgram } from './program.js'

const main = fileURLToPath(new URL('main.ts', import.meta.url))
const pairs = generateParallel({ seed: 1, pairs: 50 })
const small = [
  '--vocab-size', '400', '--width', '64', '--encoder-layers', '2', '--decoder-layers', '1', '--feed-forward-width', '128',
  '--dropout', '0', '--batch-tokens', '500', '--batch-shapes', '3', '--warmup-steps', '50', '--learning-rate', '0.005',
  '--threads', '1',
]

let folder: string
let data: string
let model: string

interface Result {
  code: number | null
  out: string
  err: string
}

/** Runs the command; `until` sees stdout and stderr grow and may kill it. */
function run(args: string[], stdin: string | Uint8Array = '', until?: (child: ReturnType<typeof spawn>) => void): Promise<Result> {
  const child = spawn(process.execPath, ['--conditions=@parlance/source', '--import', 'tsx', main, ...args])
  let [out, err] = ['', '']
  child.stdout.on('data', (part) => (out += part))
  child.stderr.on('data', (part) => (err += part))
  until?.(child)
  if (!until) child.stdin.end(stdin)
  return new Promise((resolve) => child.on('close', (code) => resolve({ code, out, err })))
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'parlance-translate-'))
  data = join(folder, 'pairs.tsv')
  model = join(folder, 'model')
  writeFileSync(data, pairs.map(({ source, target }) => `${source}\t${target}\n`).join(''))
})
afterAll(() => rmSync(folder, { recursive: true }))

describe('parlance-translate', () => {
  it('learns 50 pairs by heart in less than a minute', async () => {
    const started = performance.now()
    const trained = await run(['train', '--data', data, '--valid', data, '--output', model, '--max-steps', '220', '--json', ...small])
    expect(trained).toMatchObject({ code: 0 })
    expect((performance.now() - started) / 1000).toBeLessThan(60)
    expect(JSON.parse(trained.out)).toMatchObject({ output: model, step: 220, reason: 'maxSteps' })
    const report = readFileSync(join(model, 'report.html'), 'utf8')
    expect(report).toContain(pairs[0]!.target)
    expect(report).toMatch(/trained on\s+50</)

    const evaluated = await run(['evaluate', '--model', model, '--data', data, '--threads', '1'])
    expect(evaluated).toMatchObject({ code: 0, err: '' })
    const [, signature, score] = /^BLEU\|(\S+) = ([\d.]+) .*\nchrF2\|.*\nchrF2\+\+\|.*\nTER\|.*\n50 sentences in/.exec(evaluated.out)!
    expect(signature).toMatch(/^nrefs:1\|case:mixed\|eff:no\|tok:13a\|smooth:exp\|version:/)
    expect(Number(score)).toBeGreaterThan(90)
  })

  it('translates lines in their order and keeps blank ones', async () => {
    const { code, out, err } = await run(['--model', model], `${pairs[4]!.source}\n\n${pairs[2]!.source}\r\n  \n${pairs[0]!.source}`)
    expect({ code, err }).toEqual({ code: 0, err: '' })
    expect(out).toBe(`${pairs[4]!.target}\n\n${pairs[2]!.target}\n\n${pairs[0]!.target}\n`)
  })

  it('answers each line at once when someone types', async () => {
    const answers: string[] = []
    const { code } = await run(['--model', model], '', (child) => {
      child.stdin!.write(`${pairs[0]!.source}\n`)
      child.stdout!.on('data', (part) => {
        answers.push(String(part))
        if (answers.length === 1) child.stdin!.write(`${pairs[1]!.source}\n`)
        else child.stdin!.end()
      })
    })
    expect(code).toBe(0)
    expect(answers).toEqual([`${pairs[0]!.target}\n`, `${pairs[1]!.target}\n`])
  })

  it('writes n-best lists and objects', async () => {
    const nBest = await run(['--model', model, '--beam-size', '3', '--n-best', '2'], `${pairs[0]!.source}\n\n`)
    const lines = nBest.out.split('\n')
    expect(lines[0]).toMatch(new RegExp(`^0 \\|\\|\\| ${pairs[0]!.target.replace('.', '\\.')} \\|\\|\\| -\\d`))
    expect(lines[1]).toMatch(/^0 \|\|\| .* \|\|\| -\d/)
    expect(lines[2]).toBe('1 |||  ||| 0')
    const { out } = await run(['--model', model, '--json'], `${pairs[0]!.source}\n\n`)
    const [first, blank] = out.trim().split('\n').map((line) => JSON.parse(line))
    expect(first).toMatchObject({ source: pairs[0]!.source, translation: pairs[0]!.target })
    expect(first.hypotheses[0].score).toBe(first.score)
    expect(blank).toEqual({ source: '', translation: '', score: null, warnings: [], hypotheses: [] })
  })

  it('goes on after a line that is not UTF-8 and says so', async () => {
    const input = Buffer.concat([Buffer.from([0x61, 0xff, 0x0a]), Buffer.from(`${pairs[0]!.source}\n`)])
    const { code, out, err } = await run(['--model', model, '--no-warnings'], input)
    expect(code).toBe(0)
    expect(out.split('\n')[1]).toBe(pairs[0]!.target)
    expect(err).toBe('parlance-translate: line 1: it is not UTF-8; what could not be read was replaced.\n')
  })

  it('stops quietly when the reader has enough', async () => {
    const node = [process.execPath, '--conditions=@parlance/source', '--import', 'tsx', main, '--model', model].map((part) => JSON.stringify(part)).join(' ')
    const source = join(folder, 'long.txt')
    writeFileSync(source, `${pairs[0]!.source}\n`.repeat(20_000))
    const child = spawn('bash', ['-c', `set -o pipefail; ${node} < ${JSON.stringify(source)} | head -n 1`])
    let [out, err] = ['', '']
    child.stdout.on('data', (part) => (out += part))
    child.stderr.on('data', (part) => (err += part))
    const code = await new Promise((resolve) => child.on('close', resolve))
    expect({ code, out, err }).toEqual({ code: 0, out: `${pairs[0]!.target}\n`, err: '' })
  })

  it('splits lines into sentences and keeps their white space', async () => {
    const { out } = await run(['--model', model, '--split', '--no-warnings'], `  ${pairs[0]!.source}\u2028 ${pairs[1]!.source} \n\n${pairs[2]!.source}\n`)
    expect(out).toBe(`  ${pairs[0]!.target}\u2028 ${pairs[1]!.target} \n\n${pairs[2]!.target}\n`)
  })

  it('writes columns for scores, quality and alignments', async () => {
    const { code, out } = await run(['--model', model, '--scores', '--quality', '--alignments', '--no-warnings'], `${pairs[0]!.source}\n`)
    expect(code).toBe(0)
    const [text, score, quality, alignment] = out.trimEnd().split('\t')
    expect(text).toBe(pairs[0]!.target)
    expect(Number(score)).toBeLessThan(0)
    expect(Number(quality)).toBeGreaterThan(0)
    expect(alignment).toMatch(/^\d+-\d+(?: \d+-\d+)*$/u)
  })

  it('leaves markup intact: a document, and lines that are documents', async () => {
    const html = `<!-- c -->\n<p class='x'>${pairs[0]!.source}</p>\n<hr>\n<p>${pairs[1]!.source}<br>${pairs[2]!.source}</p>\n`
    const translated = `<!-- c -->\n<p class='x'>${pairs[0]!.target}</p>\n<hr>\n<p>${pairs[1]!.target}<br>${pairs[2]!.target}</p>\n`
    expect(await run(['--model', model, '--markup'], html)).toEqual({ code: 0, out: translated, err: '' })
    const markdown = `# ${pairs[0]!.source}\n\n\`\`\`\n${pairs[1]!.source}\n\`\`\`\n`
    expect((await run(['--model', model, '--markup', 'markdown'], markdown)).out).toBe(markdown.replace(pairs[0]!.source, pairs[0]!.target))
    const lines = `<b>${pairs[0]!.source}</b>\n\n${pairs[1]!.source}\n`
    expect((await run(['--model', model, '--markup', '--lines'], lines)).out).toBe(`<b>${pairs[0]!.target}</b>\n\n${pairs[1]!.target}\n`)
  })

  it('tells of suspected failures on stderr, and not with --no-warnings', async () => {
    // The grammar's made-up words are no German.
    const args = ['--model', model, '--json', '--from', 'en', '--to', 'de']
    const { out, err } = await run(args, `\n${pairs[0]!.source}\n`)
    expect(err).toBe('parlance-translate: line 2: wrong language: German was asked for, it does not look like it.\n')
    expect(JSON.parse(out.split('\n')[1]!).warnings).toMatchObject([{ kind: 'wrong-language' }])
    const quiet = await run([...args, '--no-warnings'], `${pairs[0]!.source}\n`)
    expect(quiet.err).toBe('')
    expect(JSON.parse(quiet.out).warnings).toEqual([])
  })

  it('compares with a second model, writes a report and a sheet, and reads the ratings back', async () => {
    const [report, sheet, ratings] = ['report.html', 'sheet.html', 'ratings.tsv'].map((name) => join(folder, name)) as [string, string, string]
    const { code, out } = await run([
      'evaluate', '--model', model, '--compare', model, '--data', data, '--limit', '30', '--samples', '100', '--threads', '1',
      '--report', report, '--sheet', sheet, '--sheet-size', '10', '--json',
    ])
    expect(code).toBe(0)
    const result = JSON.parse(out)
    expect(result.metrics.map(({ name }: { name: string }) => name)).toEqual(['BLEU', 'chrF2', 'chrF2++', 'TER'])
    for (const { score, interval } of result.metrics) {
      expect(interval.low).toBeLessThanOrEqual(score)
      expect(interval.high).toBeGreaterThanOrEqual(score)
    }
    for (const row of result.comparison) expect(row).toMatchObject({ difference: 0, bootstrapP: 1, randomizationP: 1 })
    expect(result.lengths.reduce((sum: number, { sentences }: { sentences: number }) => sum + sentences, 0)).toBe(30)
    expect(readFileSync(report, 'utf8')).toContain('Worst by sentence chrF')

    const page = readFileSync(sheet, 'utf8')
    const id = /"sheet":"(\w+)"/u.exec(page)![1]!
    writeFileSync(ratings, `sheet\titem\tlevel\n${id}\t1\tperfect\n${id}\t2\tperfect\n${id}\t10\tcatastrophic\n`)
    for (const file of [sheet, report]) {
      const summed = await run(['ratings', ratings, '--sheet', file])
      expect(summed).toMatchObject({ code: 0, err: '' })
      expect(summed.out).toMatch(/3 rated, 7 not\n {2}catastrophic +1 +33\.3% .*\n {2}poor +0 .*\n {2}flawed +0 .*\n {2}good +0 .*\n {2}perfect +2 +66\.7%/u)
    }
    const wrong = await run(['ratings', data, '--sheet', sheet])
    expect(wrong).toMatchObject({ code: 1, out: '', err: expect.stringMatching(/^parlance-translate: .*pairs\.tsv: ratings: the first line must be .*\n$/u) })
  })

  it('translates without loading TF.js', async () => {
    const library = fileURLToPath(new URL('../../../packages/translation/src/index.ts', import.meta.url))
    const script = `const { Translator } = await import(${JSON.stringify(library)})
      await (await Translator.load(${JSON.stringify(model)})).translate(['a'])
      const { createRequire } = await import('node:module')
      console.log(Object.keys(createRequire('/').cache).filter((name) => /onnxruntime|tensorflow/.test(name)).join())`
    const child = spawn(process.execPath, ['--conditions=@parlance/source', '--import', 'tsx', '--input-type=module', '-e', script])
    let out = ''
    child.stdout.on('data', (part) => (out += part))
    await new Promise((resolve) => child.on('close', resolve))
    expect(out).toContain('onnxruntime')
    expect(out).not.toContain('tensorflow')
  })

  it('writes the graphs again', async () => {
    for (const name of ['encoder.onnx', 'decoder.onnx']) rmSync(join(model, name))
    expect(await run(['--model', model], 'a\n')).toMatchObject({ code: 1, out: '', err: expect.stringContaining('export --model') })
    expect(await run(['export', '--model', model])).toMatchObject({ code: 0 })
    expect((await run(['--model', model], `${pairs[0]!.source}\n`)).out).toBe(`${pairs[0]!.target}\n`)
  })

  it('resumed after kill -9, goes on with the losses of a run that was left alone', async () => {
    const train = (output: string, ...more: string[]) => [
      'train', '--data', data, '--valid', data, '--output', output, '--max-steps', '40', '--log-every', '1',
      '--checkpoint-every', '10', '--evaluate-every', '20', ...small, '--dropout', '0.1', ...more,
    ]
    const losses = (output: string) =>
      readLog(join(output, 'log.jsonl')).flatMap((entry) => ('loss' in entry ? [[entry.step, entry.loss]] : []))
    const [whole, killed] = [join(folder, 'whole'), join(folder, 'killed')]
    expect(await run(train(whole))).toMatchObject({ code: 0 })
    await run(train(killed), '', (child) => {
      const timer = setInterval(() => {
        if (losses(killed).length < 25) return
        clearInterval(timer)
        child.kill('SIGKILL')
      }, 3)
      child.on('close', () => clearInterval(timer))
    })
    expect(losses(killed).length).toBeLessThan(40)
    expect(await run(train(killed, '--resume'))).toMatchObject({ code: 0 })
    expect(losses(killed)).toEqual(losses(whole))
  })

  describe('bad input', () => {
    const train = (...more: string[]) => ['train', '--data', data, '--valid', data, '--output', join(folder, 'never'), ...more]
    const file = (name: string, content: string | Uint8Array) => {
      writeFileSync(join(folder, name), content)
      return join(folder, name)
    }

    /** A copy of the model with one file changed. */
    const damaged = (name: string, change: (bytes: Buffer) => Uint8Array) => {
      const copy = join(folder, `damaged-${name}`)
      cpSync(model, copy, { recursive: true })
      writeFileSync(join(copy, name), change(readFileSync(join(copy, name))))
      return copy
    }

    it.each<[string, () => string[], number, RegExp]>([
      ['an unknown flag', () => ['--bogus'], 2, /unknown option '--bogus'/],
      ['an unknown command', () => ['frobnicate'], 2, /too many arguments|unknown command/],
      ['a model that is not there', () => ['--model', join(folder, 'nowhere')], 1, /nowhere: there is no such model folder/],
      ['a beam size that is no number', () => ['--model', model, '--beam-size', 'wide'], 2, /beamSize must be a whole number of 1 or more, got NaN/],
      ['a folder that is no model', () => ['--model', folder], 1, /config\.json: there is no such file/],
      ['damaged weights', () => ['--model', damaged('model.safetensors', (bytes) => bytes.subarray(0, bytes.length >> 1))], 1, /model\.safetensors: /],
      ['damaged graphs', () => ['--model', damaged('decoder.onnx', () => Buffer.from('no graph'))], 1, /decoder\.onnx cannot be loaded/],
      ['a tokenizer of another model', () => ['--model', damaged('tokenizer.json', () => Buffer.from('{}'))], 1, /tokenizer\.json: /],
      ['an unknown format of markup', () => ['--model', model, '--markup', 'docx'], 2, /--markup must be html, markdown or auto, got "docx"/],
      ['lines without markup', () => ['--model', model, '--lines'], 2, /--lines is for --markup/],
      ['columns of a document', () => ['--model', model, '--markup', '--scores'], 2, /--markup writes documents: leave out --scores/],
      ['n-best lists of sentences', () => ['--model', model, '--split', '--n-best', '2'], 2, /--n-best is of whole lines and --split of sentences/],
      ['a limit of nothing', () => ['evaluate', '--model', model, '--data', data, '--limit', '0'], 2, /--limit must be a whole number of 1 or more, got 0/],
      ['a folder as data', () => ['evaluate', '--model', model, '--data', folder], 1, /: is a folder, not a file/],
      ['a report where there is no folder', () => ['evaluate', '--model', model, '--data', data, '--report', join(folder, 'no', 'r.html')], 2, /r\.html: there is no such folder to write to/],
      ['ratings without their sheet', () => ['ratings', data, '--sheet', data], 1, /pairs\.tsv: the page is no scoring sheet/],
      ['an unknown device', () => ['--model', model, '--device', 'tpu'], 2, /argument .tpu. is invalid. Allowed choices are auto, cpu, webgpu, cuda/],
      ['no end of training', () => train(), 2, /give --max-steps, --max-minutes or both/],
      ['a flag of a wrong value', () => train('--max-steps', '1', '--width', 'broad'), 2, /the command line: field "width": expected number, got "broad"/],
      ['heads that do not fit', () => train('--max-steps', '1', '--heads', '3'), 2, /width must be an even multiple of heads, got width 256 and 3 heads/],
      ['an unknown config field', () => train('--max-steps', '1', '--config', file('config.json', '{"widht": 64}')), 2, /config\.json: there is no field "widht"\. Did you mean "width"\?/],
      ['a config that is not JSON', () => train('--max-steps', '1', '--config', file('not.json', 'width: 64')), 1, /not\.json: is not valid JSON/],
      ['missing data', () => ['train', '--data', join(folder, 'none'), '--valid', data, '--output', 'x', '--max-steps', '1'], 1, /none: there is no such file/],
      ['empty data', () => ['evaluate', '--model', model, '--data', file('empty.tsv', '')], 1, /empty\.tsv: is empty/],
      ['data that is not UTF-8', () => ['evaluate', '--model', model, '--data', file('latin1.tsv', Buffer.from('\xe4\t\xe4\n', 'latin1'))], 1, /latin1\.tsv: is not UTF-8/],
      ['an output that holds a model', () => ['train', '--data', data, '--valid', data, '--output', model, '--max-steps', '1', ...small], 2, /holds a model already/],
    ])('%s is wrong usage or failed work, in one line', async (_, args, wanted, message) => {
      const written = vi.spyOn(process.stdout, 'write')
      const error = await runProgram(args()).then(() => undefined, (thrown: unknown) => thrown)
      expect(written).not.toHaveBeenCalled()
      written.mockRestore()
      expect(error).toBeInstanceOf(Error)
      expect((error as Error).message).toMatch(message)
      expect((error as Error).message).not.toContain('\n')
      expect(error instanceof UsageError ? 2 : 1).toBe(wanted)
    })

    it.each<[string, string[], number]>([
      ['wrong usage', ['--bogus'], 2],
      ['failed work', ['--model', '/nowhere'], 1],
    ])('%s is one line on stderr and an exit code', async (_, args, wanted) => {
      const { code, out, err } = await run(args)
      expect({ code, out }).toEqual({ code: wanted, out: '' })
      expect(err).toMatch(/^parlance-translate: [^\n]+\n$/)
    })
  })

  it('shows help', async () => {
    const { code, out } = await run(['train', '--help'])
    expect(code).toBe(0)
    expect(out).toMatch(/--encoder-layers <n>\s+layers of the encoder; default 6/)
    expect(out).toContain('Examples:')
  })
})
