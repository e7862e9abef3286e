import { type SpawnSyncReturns, spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { seededRandom, writeWav } from '@parlance/audio'
import { TONE_WORDS, writeToneWordManifest } from '@parlance/corpora'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const program = ['--conditions=@parlance/source', '--import', 'tsx', fileURLToPath(new URL('main.ts', import.meta.url))]
let folder: string
let train: string
let test: string

function run(args: readonly string[], input?: Uint8Array): SpawnSyncReturns<string> {
  return spawnSync(process.execPath, [...program, ...args], { encoding: 'utf8', ...(input && { input }) })
}

/** Settings of a model that learns tone words in seconds. */
const small = ['--sample-rate', '8000', '--bins', '40', '--width', '64', '--layers', '2', '--learning-rate', '0.003', '--splice', '0.5']

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'transcribe-'))
  train = writeToneWordManifest(folder, 'train', { seed: 1, utterances: 200 })
  test = writeToneWordManifest(folder, 'test', { seed: 2, utterances: 30 })
})
afterAll(() => rmSync(folder, { recursive: true }))

describe('parlance-transcribe', () => {
  it('learns tone words and transcribes what it has not heard', () => {
    const model = join(folder, 'model')
    const trained = run(['train', '--data', train, '--valid', test, '--output', model, ...small, '--max-steps', '300', '--evaluate-every', '150', '--json'])
    expect(trained.stderr).toContain('evaluation: loss')
    expect(JSON.parse(trained.stdout)).toMatchObject({ step: 300, reason: 'maxSteps', leftOut: [] })
    const report = readFileSync(join(model, 'report.html'), 'utf8')
    expect(report).toContain('What the model hears')
    expect(report).toContain('data:image/png;base64,')

    const evaluated = run(['evaluate', '--model', model, '--data', test, '--json'])
    const result = JSON.parse(evaluated.stdout) as { wer: number; words: number; utterances: { audio: string; hypothesis: string }[] }
    expect(result.words).toBeGreaterThan(80)
    expect(result.wer).toBeLessThan(0.1)
    const page = join(folder, 'errors.html')
    const printed = run(['evaluate', '--model', model, '--data', test, '--report', page, '--beam-size', '1'])
    const html = readFileSync(page, 'utf8')
    expect(html).toContain('Recordings, those with most errors first')
    expect(html.split('class="recording"').length - 1).toBe(30)
    expect(html).not.toMatch(/(?:src|href)="https?:/)
    expect(printed.stdout).toContain(`WER ${(100 * result.wer).toFixed(2)}%, 95% interval `)
    expect(printed.stdout).toMatch(/\d+ substitutions?, \d+ deletions?, \d+ insertions?; normalisation: none/)

    const [first, second] = result.utterances as [(typeof result.utterances)[0], (typeof result.utterances)[0]]
    const one = run(['--model', model, first.audio])
    expect(one).toMatchObject({ status: 0, stdout: `${first.hypothesis}\n` })
    expect(one.stderr).toMatch(/^\d+\.\d s of audio in \d+\.\d s, real-time factor \d+\.\d{3}\n$/)
    expect(first.hypothesis.split(' ').some((word) => TONE_WORDS.includes(word))).toBe(true)
    const two = run(['--model', model, '--batch-size', '2', '--threads', '1', first.audio, second.audio])
    expect(two.stdout).toBe(`${first.audio}\t${first.hypothesis}\n${second.audio}\t${second.hypothesis}\n`)
    const json = run(['--model', model, '--format', 'json', first.audio])
    expect(JSON.parse(json.stdout)).toEqual([{
      file: first.audio, text: first.hypothesis, duration: expect.any(Number) as number, words: first.hypothesis.split(' ').map((word) => ({
        word, start: expect.any(Number) as number, end: expect.any(Number) as number, confidence: expect.any(Number) as number,
      })),
    }])
    expect(run(['--model', model], readFileSync(first.audio)).stdout).toBe(`${first.hypothesis}\n`)

    // A beam with phrases.
    const phrases = join(folder, 'phrases.txt')
    writeFileSync(phrases, '@tone = ' + TONE_WORDS.join(' | ') + '\n@tone :0.1\n')
    const best = run(['--model', model, '--format', 'json', '--beam-size', '4', '--n-best', '3', '--bias', phrases, first.audio])
    const [{ text, alternatives }] = JSON.parse(best.stdout) as [{ text: string; alternatives: { text: string; score: number }[] }]
    expect(alternatives[0]?.text).toBe(text)
    expect(alternatives.length).toBeGreaterThan(1)
    expect(alternatives[0]?.score).toBeGreaterThan(alternatives[1]?.score as number)
    writeFileSync(phrases, 'not in it: ßß\n')
    const unknown = run(['--model', model, '--bias', phrases, first.audio])
    expect(unknown.status).toBe(2)
    expect(unknown.stderr).toMatch(/phrases\.txt: line 1: [^\n]*\n$/)
    const srt = run(['--model', model, '--format', 'srt', first.audio])
    expect(srt.stdout).toMatch(/^1\n00:00:0\d,\d{3} --> 00:00:0\d,\d{3}\n[^\n]+\n/)
    const live = run(['--model', model, '--stream', first.audio])
    expect(live).toMatchObject({ status: 1, stdout: '' })
    expect(live.stderr).toContain('This model needs whole recordings')

    // Bursts of noise are no tones; the tones of the test set are.
    expect(result).toMatchObject({ utterances: expect.not.arrayContaining([expect.objectContaining({ warning: expect.anything() })]) })
    const random = seededRandom(5)
    const bursts = join(folder, 'bursts.wav')
    const burst = (i: number): number => (Math.floor(i / 3000) % 2 === 0 ? 0.2 : 0.001) * (2 * random.next() - 1)
    writeWav(bursts, { sampleRate: 8000, channels: [Float32Array.from({ length: 80_000 }, (_, i) => burst(i))] })
    const warned = run(['--model', model, '--format', 'json', bursts])
    expect(warned.stderr).toMatch(/^parlance-transcribe: warning: .*bursts\.wav: this does not sound like what the model knows: [^\n]*\n/)
    expect(warned.status).toBe(0)
    expect(JSON.parse(warned.stdout)).toMatchObject([{ warning: expect.stringContaining('this does not sound like') as string }])

    const cut = join(folder, 'cut.wav')
    writeFileSync(cut, readFileSync(first.audio).subarray(0, 3000))
    const refused = run(['--model', model, cut, first.audio])
    expect(refused).toMatchObject({ status: 1, stdout: `${first.audio}\t${first.hypothesis}\n` })
    expect(refused.stderr).toMatch(/^parlance-transcribe: .*cut\.wav: truncated[^\n]*\n.* 1 of 2 recordings could not be read\n$/)
  }, 300_000)

  it('goes on after a kill with the losses of a run that was not killed', async () => {
    const few = writeToneWordManifest(folder, 'few', { seed: 3, utterances: 12 })
    const settings = ['--data', few, ...small, '--width', '16', '--max-steps', '30', '--checkpoint-every', '5', '--log-every', '1', '--threads', '1']
    const losses = (name: string) =>
      readFileSync(join(folder, name, 'log.jsonl'), 'utf8').trim().split('\n').map((line) => (JSON.parse(line) as { loss: number }).loss)
    expect(run(['train', '--output', join(folder, 'whole'), ...settings]).status).toBe(0)
    const killed = spawn(process.execPath, [...program, 'train', '--output', join(folder, 'killed'), ...settings], { stdio: 'ignore' })
    const ended = new Promise((resolve) => killed.on('exit', resolve))
    const pointer = join(folder, 'killed', 'state', 'checkpoint.json')
    while (!existsSync(pointer) && killed.exitCode === null) await new Promise((resolve) => setTimeout(resolve, 5))
    killed.kill('SIGKILL')
    await ended
    expect(existsSync(join(folder, 'killed', 'encoder.onnx'))).toBe(false)
    const stopped = run(['--model', join(folder, 'killed'), 'any.wav'])
    expect(stopped.stderr).toContain('the training did not end; resume it')
    const resumed = run(['train', '--output', join(folder, 'killed'), ...settings, '--resume'])
    expect(resumed.stderr).toContain('Resuming')
    expect(losses('killed')).toEqual(losses('whole'))
  }, 200_000)
})

describe('bad input', () => {
  const file = (name: string, content: string) => {
    writeFileSync(join(folder, name), content)
    return join(folder, name)
  }

  it.each([
    [2, 'unknown option', () => ['--modle', 'x']],
    [1, 'gone.wav: no such file', () => [join(folder, 'gone.wav')]],
    [2, "--batch-size must be a whole number of 1 or more, got \"0\"", () => ['--model', 'x', '--batch-size', '0', 'a.wav']],
    [2, "Allowed choices are text, srt, vtt, json, ctm", () => ['--format', 'doc', 'a.wav']],
    [2, '--format srt holds one recording, got 2', () => ['--model', 'x', '--format', 'srt', 'a.wav', 'b.wav']],
    [2, '--n-best 3 needs a beam that keeps as many: give --beam-size 3', () => ['--model', 'x', '--format', 'json', '--n-best', '3', 'a.wav']],
    [2, '--n-best needs --format json', () => ['--model', 'x', '--n-best', '3', '--beam-size', '4', 'a.wav']],
    [2, '--input-rate is for raw samples on standard input', () => ['--model', 'x', '--stream', '--input-rate', '16000', 'a.wav']],
    [2, '--input-rate must be a whole number of 1 or more, got "8k"', () => ['--model', 'x', '--stream', '--input-rate', '8k', '-']],
    [2, '--blank-penalty must be a number, got "high"', () => ['--model', 'x', '--blank-penalty', 'high', 'a.wav']],
    [2, 'there are no WAV files in this folder', () => {
      mkdirSync(join(folder, 'nothing'), { recursive: true })
      return ['--model', 'x', join(folder, 'nothing')]
    }],
    [1, 'there is no such model folder', () => ['--model', join(folder, 'none'), 'a.wav']],
    [2, "required option '--data <file>'", () => ['train', '--output', 'x']],
    [1, 'none.jsonl: there is no such file', () => ['train', '--data', join(folder, 'none.jsonl'), '--output', join(folder, 'x')]],
    [1, 'empty.jsonl: is empty', () => ['train', '--data', file('empty.jsonl', ''), '--output', join(folder, 'x')]],
    [1, 'line 1 is not JSON', () => ['train', '--data', file('bad.jsonl', 'hello'), '--output', join(folder, 'x')]],
    [1, 'gone.wav: no such file', () => ['train', '--data', file('gone.jsonl', '{"audio":"gone.wav","text":"A"}'), '--output', join(folder, 'x')]],
    [2, 'there is no field "encoder.widht". Did you mean "width"?', () => ['train', '--data', train, '--output', join(folder, 'x'), '--config', file('typo.json', '{"encoder":{"widht":1}}')]],
    [2, 'must be a JSON object', () => ['train', '--data', train, '--output', join(folder, 'x'), '--config', file('list.json', '[]')]],
    [2, 'the command line: field "encoder.width": expected number, got "wide"', () => ['train', '--data', train, '--output', join(folder, 'x'), '--width', 'wide']],
    [2, 'There is no run to resume', () => ['train', '--data', train, '--output', join(folder, 'never'), '--resume']],
    [1, 'there is no such model folder', () => ['evaluate', '--model', join(folder, 'none'), '--data', test]],
  ])('exits with %i: %s', (status, message, args) => {
    const result = run(args())
    expect(result.stderr).toContain(message)
    expect(result.stderr.trim().split('\n')).toHaveLength(1)
    expect(result).toMatchObject({ status, stdout: '' })
  })
})
