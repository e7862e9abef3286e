import { expect, it } from 'vitest'

it('does not import TF.js, so that command lines start fast', async () => {
  const { LanguageModel } = await import('./index.js')
  expect(LanguageModel.load).toBeTypeOf('function')
  expect(Object.keys(globalThis).filter((name) => name.startsWith('_tf'))).toEqual([])
  await import('./training.js')
  expect(Object.keys(globalThis).filter((name) => name.startsWith('_tf'))).not.toEqual([])
})
