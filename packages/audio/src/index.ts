export { AudioError } from './errors.js'
export { readWav, toMono, type Audio, type ReadWavOptions } from './wav-read.js'
export { encodeWav, writeWav, type EncodeWavOptions, type WavContent } from './wav-write.js'
