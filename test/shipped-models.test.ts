import { createHash } from 'node:crypto'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { isAtHand, prepare } from '@parlance/corpora'
import { evaluateTranslator, readPairs, spread, Translator } from '@parlance/translation'
import { describe, expect, it } from 'vitest'
import { root } from './readme.js'

const models = join(root, 'packages/models')

/** The lines `sha256  file` of a model's README. */
function checksums(folder: string): [sum: string, file: string][] {
  const readme = readFileSync(join(folder, 'README.md'), 'utf8')
  return [...readme.matchAll(/^([0-9a-f]{64}) {2}(\S+)$/gm)].map(([, sum, file]) => [sum as string, file as string])
}

describe.each(readdirSync(models))('the model %s', (name) => {
  const folder = join(models, name)
  const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { files: string[] }

  it('is what its README says that it is', () => {
    expect(checksums(folder).map(([, file]) => file).sort()).toEqual([...manifest.files].sort())
    for (const [sum, file] of checksums(folder)) {
      expect(createHash('sha256').update(readFileSync(join(folder, file))).digest('hex'), file).toBe(sum)
    }
  })
})

describe('translate-en-de', () => {
  const folder = join(models, 'translate-en-de')

  it('takes less than 12 MB', () => {
    const bytes = readdirSync(folder).reduce((sum, file) => sum + statSync(join(folder, file)).size, 0)
    expect(bytes).toBeLessThan(12e6)
  })

  it('translates everyday sentences', async () => {
    const translator = await Translator.load(folder)
    const found = await translator.translate(['Where is the station?', 'I love you.', 'Tom is my brother.'])
    translator.dispose()
    expect(found.map(({ text }) => text)).toEqual(['Wo ist der Bahnhof?', 'Ich liebe dich.', 'Tom ist mein Bruder.'])
  })

  it.runIf(isAtHand('tatoeba-en-de'))('reaches 29 BLEU on every fourth test pair', async () => {
    const { 'test.tsv': test } = await prepare('tatoeba-en-de')
    const pairs = readPairs([test as string])
    const translator = await Translator.load(folder)
    const { bleu } = await evaluateTranslator(translator, spread(pairs, Math.floor(pairs.length / 4)), { beamSize: 4 })
    translator.dispose()
    expect(bleu.score).toBeGreaterThanOrEqual(29)
  })
})
