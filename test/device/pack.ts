/**
 * `npx tsx test/device/pack.ts ARCHIVE.tar.xz`: what `gpu.ts` needs on a Linux machine that has none of it and no
 * network. It holds `device/bin/node`, `device/lib` with the Vulkan loader, and `node_modules` without developers' tools,
 * other platforms' binaries, source maps and declarations; it is unpacked in the root of a copy of this repository.
 */
import { execFileSync } from 'node:child_process'
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'

const root = path.resolve(import.meta.dirname, '../..')
const [archive] = process.argv.slice(2)
if (!archive) throw new Error('Name the archive to write: npx tsx test/device/pack.ts device.tar.xz')

/** Parts of node_modules/.pnpm that no test and no benchmark loads. */
const tools = [
  '@arethetypeswrong+*', '@braidai+*', '@loaderkit+*', '@oxc-*', '@oxlint*', '@pnpm+*', '@publint+*', '@tensorflow+tfjs-node*',
  '@turbo*', '@types+*', '@typescript+*', 'cmake*', 'core-js*', 'fast-check*', 'highlight.js*', 'jiti*', 'knip*', 'lightningcss*',
  'marked*', 'oxc-*', 'oxlint*', 'pnpm@*', 'publint*', 'turbo*', 'typescript@*',
]
const files = ['*.map', '*.d.ts', '*.d.mts', '*.d.cts', '*.md']
/** TF.js's packages hold themselves many times over. */
const copies = ['*.min.js', '*.es2017.js', '*.fesm.js', 'src']
const platforms = ['*/bin/napi-v6/darwin', '*/bin/napi-v6/win32', '*/bin/napi-v6/linux/arm64']

/** Libraries that a bare machine lacks, from this one. */
const libraries = ['libvulkan.so.1', 'libatomic.so.1']
const folders = ['/usr/lib/x86_64-linux-gnu', '/lib/x86_64-linux-gnu', '/usr/lib64']

const staging = mkdtempSync(path.join(tmpdir(), 'parlance-pack-'))
try {
  for (const folder of ['device/bin', 'device/lib']) mkdirSync(path.join(staging, folder), { recursive: true })
  execFileSync('strip', ['-o', path.join(staging, 'device/bin/node'), realpathSync(process.execPath)])
  for (const library of libraries) {
    const file = folders.map((folder) => path.join(folder, library)).find((candidate) => existsSync(candidate))
    if (file) copyFileSync(realpathSync(file), path.join(staging, 'device/lib', library))
  }
  const workspaces = ['packages', 'apps', '.'].flatMap((folder) =>
    readdirSync(path.join(root, folder)).map((name) => path.join(folder, name, 'node_modules')),
  )
  const linked = [...workspaces, 'node_modules'].filter((folder) => existsSync(path.join(root, folder)))
  const excluded = [
    ...tools.map((name) => `node_modules/.pnpm/${name}`),
    ...platforms,
    ...files.map((name) => `node_modules/.pnpm/*/${name}`),
    ...copies.map((name) => `node_modules/.pnpm/@tensorflow+*/node_modules/@tensorflow/*/${name}`),
    '*/.cache',
  ]
  const options = ['--create', '--use-compress-program=xz -T0 -7', '--file', path.resolve(archive), '--sort=name']
  const exclusions = excluded.map((pattern) => `--exclude=${pattern}`)
  execFileSync('tar', [...options, '--wildcards', ...exclusions, '-C', staging, 'device', '-C', root, ...linked], { stdio: 'inherit' })
} finally {
  rmSync(staging, { recursive: true })
}
console.log(`${archive}: ${(statSync(archive).size / 2 ** 20).toFixed(1)} MiB`)
