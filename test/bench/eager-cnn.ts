/**
 * An ordinary TF.js program, a convolution network on images of digits, unchanged on our runtime and on TF.js's wasm
 * backend: fresh processes, one epoch of each after the other.
 *
 *     npm run bench -- eager-cnn [--device DEVICE] [--threads N]
 */
import { parseArgs } from 'node:util'
import { BATCH, type Epoch, EXAMPLES } from './eager-cnn/program.js'
import { Peer } from './peer.js'
import { median } from './timing.js'

/** Of which the first warms up. */
const EPOCHS = 8
/** Epochs whose losses must agree; later ones drift apart, as rounding differs. */
const COMPARED_EPOCHS = 3
/** The most by which those losses may differ, in nats. */
const TOLERANCE = 1e-3

const { values } = parseArgs({ options: { device: { type: 'string', default: 'cpu' }, threads: { type: 'string', default: '2' } } })
const threads = Number(values.threads)
const [ours, wasm] = [values.device, 'tfjs-wasm'].map((device) => ({ device, peer: Peer.node('eager-cnn.ts'), epochs: [] as Epoch[] })) as [Run, Run]

interface Run {
  device: string
  peer: Peer
  epochs: Epoch[]
}

try {
  for (const { peer, device } of [ours, wasm]) await peer.ask({ device, threads })
  for (let epoch = 0; epoch < EPOCHS; epoch++) {
    for (const { peer, epochs } of [ours, wasm]) epochs.push(await peer.ask<Epoch>('epoch'))
  }
  const apart = ours.epochs.slice(0, COMPARED_EPOCHS).map(({ loss }, i) => Math.abs(loss - (wasm.epochs[i] as Epoch).loss))
  if (!(Math.max(...apart) <= TOLERANCE)) {
    throw new Error(`The losses of the first ${COMPARED_EPOCHS} epochs differ by up to ${Math.max(...apart)} (at most ${TOLERANCE} is allowed), so that the times do not compare.`)
  }
  const time = ({ epochs }: Run) => median(epochs.slice(1).map(({ milliseconds }) => milliseconds))
  for (const run of [ours, wasm]) {
    const losses = run.epochs.map(({ loss }) => loss.toFixed(4)).join(' ')
    console.log(`${run.device}: ${time(run).toFixed(0)} ms an epoch of ${EXAMPLES / BATCH} batches of ${BATCH}; the first took ${(run.epochs[0] as Epoch).milliseconds.toFixed(0)} ms`)
    console.log(`  losses ${losses}; accuracy on unseen images ${((await run.peer.ask<number>('test')) * 100).toFixed(1)}%`)
  }
  console.log(`time × ${(time(ours) / time(wasm)).toFixed(3)}; losses of the first ${COMPARED_EPOCHS} epochs differ by at most ${Math.max(...apart).toExponential(1)}`)
} finally {
  for (const { peer } of [ours, wasm]) peer.end()
}
