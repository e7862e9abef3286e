/**
 * Packs every public package, checks each tarball (publint, are-the-types-wrong), installs all of them with npm into an
 * empty folder as the README tells users to, compiles and runs a program there and asks every command for its help.
 */
import { spawn } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { publint } from 'publint'
import { formatMessage } from 'publint/utils'

interface Manifest {
  name: string
  version: string
  private?: boolean
  exports?: Record<string, unknown>
  bin?: Record<string, string>
}

const root = path.resolve(import.meta.dirname, '../..')
const installed = (name: string) => path.join(root, 'node_modules/.bin', name)

/** Runs a command; its output when it fails or prints nothing of `wanted`, else nothing. */
function run(command: string, args: string[], cwd: string, wanted = ''): Promise<string | undefined> {
  return new Promise((resolve, reject) => {
    const env = { ...process.env, ONNXRUNTIME_NODE_INSTALL: 'skip' }
    const child = spawn(command, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] })
    let output = ''
    child.stdout.on('data', (data: Buffer) => (output += data.toString()))
    child.stderr.on('data', (data: Buffer) => (output += data.toString()))
    child.on('error', reject)
    child.on('close', (code) => {
      const good = code === 0 && output.includes(wanted)
      resolve(good ? undefined : `exit code ${code}${wanted && `, wanted: ${wanted}`}\n${output}`.trimEnd())
    })
  })
}

let failures = 0

/** Prints one line for a check, and what is wrong below it. */
async function report(what: string, check: Promise<string | undefined>): Promise<boolean> {
  const problem = await check
  console.log(`${problem === undefined ? 'ok  ' : 'FAIL'}  ${what}`)
  if (problem === undefined) return true
  failures += 1
  console.log(problem.replaceAll(/^/gm, '      '))
  return false
}

function publicPackages(): { folder: string; manifest: Manifest }[] {
  const found = []
  for (const group of ['packages', 'packages/models', 'apps']) {
    const parent = path.join(root, group)
    for (const entry of fs.existsSync(parent) ? fs.readdirSync(parent) : []) {
      const file = path.join(parent, entry, 'package.json')
      if (!fs.existsSync(file)) continue
      const manifest = JSON.parse(fs.readFileSync(file, 'utf8')) as Manifest
      if (manifest.private !== true) found.push({ folder: path.join(parent, entry), manifest })
    }
  }
  return found
}

async function lintTarball(tarball: string): Promise<string | undefined> {
  const data = fs.readFileSync(tarball)
  const { messages, pkg } = await publint({ pack: { tarball: new Uint8Array(data).buffer }, level: 'warning', strict: true })
  return messages.length === 0 ? undefined : messages.map((message) => formatMessage(message, pkg)).join('\n')
}

const work = fs.mkdtempSync(path.join(os.tmpdir(), 'parlance-packed-'))
try {
  const packages = publicPackages()
  const tarballs: string[] = []
  for (const { folder, manifest } of packages) {
    const tarball = path.join(work, `${manifest.name.replace('@', '').replace('/', '-')}-${manifest.version}.tgz`)
    if (!(await report(`${manifest.name} packs`, run(installed('pnpm'), ['pack', '--out', tarball], folder)))) continue
    tarballs.push(tarball)
    await report(`${manifest.name} passes publint`, lintTarball(tarball))
    if (manifest.exports === undefined) continue
    await report(
      `${manifest.name} has types that resolve`,
      run(installed('attw'), ['--profile', 'esm-only', '--no-emoji', '--no-color', tarball], work),
    )
  }

  const user = path.join(work, 'user')
  fs.mkdirSync(user)
  fs.writeFileSync(path.join(user, 'package.json'), '{ "private": true, "type": "module" }\n')
  const install = ['install', '--no-audit', '--no-fund', '--prefer-offline', ...tarballs]
  await report('npm installs the tarballs', run('npm', install, user))

  fs.copyFileSync(path.join(import.meta.dirname, 'consumer.ts'), path.join(user, 'consumer.ts'))
  const options = ['--strict', '--module', 'nodenext', '--target', 'es2022', '--skipLibCheck', '--types', 'node']
  const types = ['--typeRoots', path.join(root, 'node_modules/@types')]
  await report('a program compiles against the installed types', run(installed('tsc'), [...options, ...types, 'consumer.ts'], user))
  const modules = packages.flatMap(({ manifest }) =>
    Object.keys(manifest.exports ?? {})
      .filter((entry) => !entry.endsWith('.json'))
      .map((entry) => path.posix.join(manifest.name, entry)),
  )
  await report(`imports ${modules.join(', ')}, trains two steps and asks a worker`, run('node', ['consumer.js', ...modules], user))
  for (const bin of packages.flatMap(({ manifest }) => Object.keys(manifest.bin ?? {}))) {
    await report(`${bin} --help`, run(path.join(user, 'node_modules/.bin', bin), ['--help'], user, `Usage: ${bin}`))
  }
} finally {
  fs.rmSync(work, { recursive: true, force: true })
}
if (failures > 0) {
  console.log(`${failures} failed`)
  process.exitCode = 1
}
