import { execFileSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'

/** The CommonJS modules loaded by importing `name` from source in a fresh process; TF.js's packages are CommonJS. */
function loadedBy(name: string): string[] {
  const script = `import { createRequire } from 'node:module'
    await import('${name}')
    console.log(JSON.stringify(Object.keys(createRequire('${import.meta.filename}').cache)))`
  const flags = ['--conditions=@parlance/source', '--import', 'tsx', '--input-type=module', '--eval', script]
  return JSON.parse(execFileSync('node', flags, { cwd: import.meta.dirname, encoding: 'utf8' })) as string[]
}

const tensorFlow = (file: string) => file.includes('@tensorflow')

describe('what only runs models does not load TF.js', () => {
  it.each(['@parlance/embeddings', '@parlance/lm', '@parlance/translation', '@parlance/asr', '@parlance/runtime/session', '@parlance/nn/command-line'])(
    '%s',
    (name) => expect(loadedBy(name).filter(tensorFlow)).toEqual([]),
  )

  it('which this test would see', () => {
    expect(loadedBy('@parlance/runtime').some(tensorFlow)).toBe(true)
  })
})
