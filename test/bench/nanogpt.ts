/**
 * The training step of nanoGPT's CPU setting beside PyTorch's and TF.js-wasm's.
 *
 *     npm run bench -- nanogpt [--help]
 */
import { compareSteps } from './steps/compare.js'

await compareSteps('nanogpt')
