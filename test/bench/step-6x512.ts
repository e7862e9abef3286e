/**
 * The training step of a transformer with 6 layers of width 512 beside PyTorch's and TF.js-wasm's.
 *
 *     npm run bench -- step-6x512 [--help]
 */
import { compareSteps } from './steps/compare.js'

await compareSteps('step-6x512')
