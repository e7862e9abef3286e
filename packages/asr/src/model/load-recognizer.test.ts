import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { namedParameters } from '@parlance/nn'
import { Random, useDevice } from '@parlance/runtime'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { writeModel } from '../testing/model-folder.js'
import { initializeFrom, loadRecognizer } from './load-recognizer.js'
import { RecognizerModel } from './recognizer.js'

let folder: string
beforeAll(async () => {
  await useDevice('cpu', { threads: 1 })
  folder = mkdtempSync(join(tmpdir(), 'init-'))
  writeModel(folder, {})
})
afterAll(() => rmSync(folder, { recursive: true }))

it("begins with another model's encoder, and leaves what that has not", () => {
  const { model, config } = loadRecognizer(folder)
  const values = (of: RecognizerModel): Map<string, number[]> => new Map([...namedParameters(of)].map(([name, variable]) => [name, [...variable.dataSync()]]))
  const transducer = new RecognizerModel({ ...config, architecture: 'transducer', vocabSize: 30 }, 10, new Random(9))
  const before = values(transducer)
  initializeFrom(transducer, folder)
  const [given, after] = [values(model), values(transducer)]
  for (const [name, value] of after) {
    const inherited = /^(frontend|encoder)\./.test(name)
    expect(value, name).toEqual((inherited ? given : before).get(name))
  }
  // Something was there to be given.
  expect(after.get('frontend.convolutions.0.weight')).not.toEqual(before.get('frontend.convolutions.0.weight'))
})

it('refuses an encoder of another shape, and a folder that is not there', () => {
  const { config } = loadRecognizer(folder)
  const wider = new RecognizerModel({ ...config, encoder: { ...config.encoder, width: 32 } }, 10, new Random(9))
  expect(() => initializeFrom(wider, folder)).toThrow('has another encoder: frontend.convolutions.0.weight should have the shape (32, 10, 3)')
  expect(() => initializeFrom(wider, join(folder, 'none'))).toThrow('none: there is no such model folder to begin with')
})
