import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { root } from './readme.js'

/** The sources of the commands. */
const COMMANDS = {
  'parlance-embed': 'packages/embeddings/src/main.ts',
  'parlance-perplexity': 'apps/perplexity/src/main.ts',
  'parlance-runtime': 'packages/runtime/src/command-line/main.ts',
  'parlance-tokenizer': 'packages/tokenizer/src/main.ts',
  'parlance-transcribe': 'apps/transcribe/src/main.ts',
  'parlance-translate': 'apps/translate/src/main.ts',
} as const

interface Use {
  command: keyof typeof COMMANDS
  /** The words before the first flag: subcommands, perhaps files. */
  words: string[]
  flags: string[]
}

/** What the code blocks of a document call. */
function usesOf(document: string): Use[] {
  const blocks = [...document.matchAll(/^```(\w*)\n(.*?)^```$/gms)]
    .filter(([, language]) => language === '' || language === 'sh')
    .map(([, , code]) => (code as string).replaceAll('\\\n', ' '))
  return blocks.flatMap((block) =>
    [...block.matchAll(/(?<![\w/-])(parlance-[a-z]+)(?= |$)([^|;<>&()#\n]*)/gm)].flatMap(([, command, rest]) => {
      if (!((command as string) in COMMANDS)) return []
      const parts = (rest as string).trim().split(/\s+/)
      const first = parts.findIndex((part) => !/^[a-z][a-z0-9-]*$/.test(part))
      return [{
        command: command as Use['command'],
        words: first < 0 ? parts : parts.slice(0, first),
        flags: parts.filter((part) => /^--[a-z]/.test(part)).map((part) => part.split('=')[0] as string),
      }]
    }))
}

const helps = new Map<string, string>()

/** What `--help` prints of the deepest subcommand that the words name. */
function helpOf(command: Use['command'], words: readonly string[]): string {
  const key = [command, ...words].join(' ')
  const known = helps.get(key)
  if (known !== undefined) return known
  const flags = ['--conditions=@parlance/source', '--import', import.meta.resolve('tsx'), join(root, COMMANDS[command])]
  const { status, stdout } = spawnSync('node', [...flags, ...words, '--help'], { encoding: 'utf8' })
  const help = status === 0 && stdout.includes('Usage') ? stdout : words.length > 0 ? helpOf(command, words.slice(0, -1)) : ''
  helps.set(key, help)
  return help
}

const documents = readdirSync(root, { recursive: true, encoding: 'utf8' })
  .filter((file) => /(?:README|RESULTS)\.md$/.test(file) && !/(?:^|\/)(?:node_modules|dist|runs|\.\w+)\//.test(file))
const calling = documents
  .map((file) => [file, usesOf(readFileSync(join(root, file), 'utf8'))] as const)
  .filter(([, uses]) => uses.length > 0)

describe.each(calling)('the commands in %s', (_, uses) => {
  it('have flags that there are', { timeout: 120_000 }, () => {
    for (const { command, words, flags } of uses) {
      const known = new Set(helpOf(command, words).match(/(?<=^|[\s,])--[a-z][a-z0-9-]*/gm))
      expect(known.size, `${command} ${words.join(' ')}`).toBeGreaterThan(0)
      for (const flag of flags) expect(known, [command, ...words].join(' ')).toContain(flag)
    }
  })
})

it('are found in the documents', () => {
  expect(calling.length).toBeGreaterThan(5)
  expect(usesOf('```\necho x | parlance-translate --model m \\\n  --beam-size 4 > out\n```\n')).toEqual([{ command: 'parlance-translate', words: [], flags: ['--model', '--beam-size'] }])
})
