/**
 * The training step of a tied LSTM with 2 layers of width 650 beside PyTorch's and TF.js-wasm's.
 *
 *     npm run bench -- step-lstm [--help]
 */
import { compareSteps } from './steps/compare.js'

await compareSteps('step-lstm')
