import { runCommandLine } from '@parlance/nn/command-line'
import { quickstart } from './quickstart.js'

await runCommandLine('quickstart', () => quickstart('runs/quickstart'))
