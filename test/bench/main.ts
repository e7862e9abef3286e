/** `npm run bench` names the benchmarks; `npm run bench -- NAME [ARGUMENT…]` runs one in a fresh process. */
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import path from 'node:path'

const root = path.resolve(import.meta.dirname, '../..')

/** Files of `test/bench` that are no benchmarks. */
const parts = new Set(['experiment.ts', 'main.ts', 'peer.ts', 'take-turns.ts', 'timing.ts', 'wasm.ts'])

function benchmarks(): Map<string, string> {
  const packages = readdirSync(path.join(root, 'packages')).map((name) => [`${name}/`, path.join('packages', name, 'bench')] as const)
  const found = new Map<string, string>()
  for (const [prefix, folder] of [['', 'test/bench'] as const, ['translation/', 'test/bench/translation'] as const, ['asr/', 'test/bench/asr'] as const, ...packages]) {
    if (!existsSync(path.join(root, folder))) continue
    for (const file of readdirSync(path.join(root, folder)).filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts') && !parts.has(name))) {
      found.set(prefix + path.basename(file, '.ts'), path.join(folder, file))
    }
  }
  return found
}

const [name, ...given] = process.argv.slice(2)
const all = benchmarks()
const file = all.get(name ?? '')
if (file) {
  const flags = ['--conditions=@parlance/source', '--import', 'tsx', file, ...given]
  process.exitCode = spawnSync('node', flags, { cwd: root, stdio: 'inherit' }).status ?? 1
} else {
  const names = [...all.keys()].join(', ')
  if (name !== undefined) process.exitCode = 2
  console.error(name === undefined ? `npm run bench -- NAME, where NAME is one of: ${names}` : `There is no benchmark ${name}: choose one of ${names}.`)
}
