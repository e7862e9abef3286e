import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { writeWav } from '@parlance/audio'
import { generateEnglish, generateParallel, generateToneWords, writeToneWordManifest } from '@parlance/corpora'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { examplesOf, root, runExample } from './readme.js'

const folder = mkdtempSync(join(tmpdir(), 'parlance-readme-'))

/** What the examples read, under the names that they use. */
beforeAll(() => {
  const pairs = generateParallel({ seed: 1, pairs: 120 }).map(({ source, target }) => `${source}\t${target}\n`)
  const texts = {
    'corpus.txt': generateEnglish({ seed: 1, sentences: 300 }),
    'train.txt': generateEnglish({ seed: 1, sentences: 300 }),
    'valid.txt': generateEnglish({ seed: 2, sentences: 100 }),
    'train.tsv': pairs.slice(0, 100).join(''),
    'valid.tsv': pairs.slice(100).join(''),
  }
  for (const [name, text] of Object.entries(texts)) writeFileSync(join(folder, name), text)
  for (const { samples, sampleRate } of generateToneWords({ seed: 1, utterances: 1 })) {
    writeWav(join(folder, 'speech.wav'), { sampleRate, channels: [samples] })
  }
  writeToneWordManifest(folder, 'train', { seed: 1, utterances: 8 })
  for (const name of ['valid', 'test']) writeToneWordManifest(folder, name, { seed: 2, utterances: 4 })
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** Trainings that take minutes as they stand end after seconds. */
function shortened(code: string): string {
  return code.replace('maxMinutes: 5', 'maxMinutes: 0.05').replace('maxSteps: 500', 'maxSteps: 20')
}

const folders = ['packages', 'packages/models'].flatMap((group) => readdirSync(join(root, group)).map((name) => `${group}/${name}`))
const readmes = ['corpora', ...folders].filter((folder) => existsSync(join(root, folder, 'package.json'))).map((folder) => `${folder}/README.md`)

describe.each(readmes)('%s', (readme) => {
  it('has an example', () => expect(examplesOf(readme)).not.toHaveLength(0))

  it.each(examplesOf(readme).map((code, i) => [i + 1, code] as const))('example %i runs', (_, code) => {
    expect(() => runExample(shortened(code), folder)).not.toThrow()
  })
})
