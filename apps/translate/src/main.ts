import { runCommandLine } from '@parlance/nn/command-line'
import { run } from './program.js'

await runCommandLine('parlance-translate', () => run(process.argv.slice(2)))
