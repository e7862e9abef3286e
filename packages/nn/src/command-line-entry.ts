/** What command lines need that only run models: nothing here imports TF.js. */
export { oneLine, runCommandLine } from './command-line.js'
export { closestMatch, parseConfig } from './config.js'
export { UsageError } from './errors.js'
export { readJson, readTextFile } from './files.js'
export { type WeightFormat, weightFormats } from './training/train-options.js'
