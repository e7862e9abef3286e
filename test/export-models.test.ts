/** Models of several packages, exported and run in plain ONNX Runtime at sizes that they were not traced at. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  causalMask,
  Conv1d,
  Embedding,
  inference,
  type KeyValue,
  lengthMask,
  Linear,
  LSTM,
  Module,
  namedParameters,
  paddingMask,
  TransformerDecoderBlock,
  TransformerEncoderBlock,
} from '@parlance/nn'
import { exportOnnx, type InputSpec, Random, tf, useDevice } from '@parlance/runtime'
// oxlint-disable-next-line no-restricted-imports -- what others run the files with
import { InferenceSession, Tensor } from 'onnxruntime-node'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

let folder: string
beforeAll(async () => {
  await useDevice('cpu', { threads: 1 })
  folder = mkdtempSync(join(tmpdir(), 'export-models-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

type Tensors = Record<string, tf.Tensor>
const [ENTRIES, WIDTH, HEADS, LAYERS] = [19, 16, 2, 2]
const random = new Random(4)
const int = (...shape: (number | string)[]): InputSpec => ({ shape, dtype: 'int32' })
const float = (...shape: (number | string)[]): InputSpec => ({ shape, dtype: 'float32' })

/** Exports, runs at each of the sizes, and compares every output with what the function gives. */
async function check(
  model: Module,
  fn: (inputs: Tensors) => Tensors,
  signature: Record<string, InputSpec>,
  sizes: Record<string, number>[],
  draw: Record<string, (shape: number[]) => Int32Array> = {},
): Promise<void> {
  const file = join(folder, 'model.onnx')
  exportOnnx(fn, signature, { file, names: namedParameters(model) })
  const session = await InferenceSession.create(file)
  for (const size of sizes) {
    const drawn = Object.entries(signature).map(([name, { shape, dtype }]) => {
      const lengths = shape.map((d) => (typeof d === 'number' ? d : (size[d] as number)))
      const count = lengths.reduce((a, b) => a * b, 1)
      const data = dtype === 'float32' ? random.normal(count) : (draw[name]?.(lengths) ?? Int32Array.from({ length: count }, () => random.integer(ENTRIES)))
      return [name, { data, lengths, dtype }] as const
    })
    const feeds = drawn.map(([name, { data, lengths, dtype }]) => [name, new Tensor(dtype as 'float32', data as Float32Array, lengths)] as const)
    const got = await session.run(Object.fromEntries(feeds))
    tf.tidy(() => {
      const inputs = drawn.map(([name, { data, lengths, dtype }]) => [name, tf.tensor(data, lengths, dtype as tf.DataType)] as const)
      const wanted = fn(Object.fromEntries(inputs))
      expect(Object.keys(got)).toEqual(Object.keys(wanted))
      for (const [name, tensor] of Object.entries(wanted)) {
        expect(got[name]?.dims, `${name} at ${JSON.stringify(size)}`).toEqual(tensor.shape)
        const data = got[name]?.data as Float32Array
        // Values of about 1, sums of up to a few hundred terms in another order.
        tensor.dataSync().forEach((value, i) => expect(Math.abs(value - (data[i] as number))).toBeLessThan(1e-4))
      }
    })
  }
  await session.release()
}

class LanguageLSTM extends Module {
  tokens = new Embedding({ entries: ENTRIES, width: WIDTH, random: new Random(1, 'tokens') })
  lstm = new LSTM({ inputs: WIDTH, hidden: WIDTH, layers: LAYERS, random: new Random(1, 'lstm') })
}

class Encoder extends Module {
  tokens = new Embedding({ entries: ENTRIES, width: WIDTH, random: new Random(2, 'tokens') })
  blocks = Array.from({ length: LAYERS }, (_, i) => new TransformerEncoderBlock({ width: WIDTH, heads: HEADS, random: new Random(2, i) }))
}

class Decoder extends Module {
  tokens = new Embedding({ entries: ENTRIES, width: WIDTH, random: new Random(3, 'tokens') })
  blocks = Array.from({ length: LAYERS }, (_, i) => new TransformerDecoderBlock({ width: WIDTH, heads: HEADS, random: new Random(3, i) }))
}

class Recognizer extends Module {
  subsampling = new Conv1d({ inputs: 8, outputs: WIDTH, kernel: 3, stride: 2, padding: 1, random: new Random(5, 'conv') })
  block = new TransformerEncoderBlock({ width: WIDTH, heads: HEADS, random: new Random(5, 'block') })
  head = new Linear({ inputs: WIDTH, outputs: ENTRIES, random: new Random(5, 'head') })
}

describe('exported models give equal results in plain ONNX Runtime', () => {
  it('an LSTM language model, of any length', async () => {
    const model = new LanguageLSTM()
    const names = Array.from({ length: LAYERS }, (_, i) => [`hidden.${i}`, `cell.${i}`] as const)
    const fn = (inputs: Tensors) => {
      const before = names.map(([hidden, cell]) => ({ hidden: inputs[hidden] as tf.Tensor, cell: inputs[cell] as tf.Tensor }))
      const { output, state } = model.lstm.forward(model.tokens.forward(inputs.ids as tf.Tensor), inference, before)
      const after = state.flatMap(({ hidden, cell }, i) => [[`next.hidden.${i}`, hidden], [`next.cell.${i}`, cell]] as const)
      return { logits: model.tokens.logits(output), ...Object.fromEntries(after) }
    }
    const states = Object.fromEntries(names.flat().map((name) => [name, float('N', WIDTH)]))
    await check(model, fn, { ids: int('N', 'T'), ...states }, [{ N: 1, T: 1 }, { N: 3, T: 40 }, { N: 8, T: 5 }])
  })

  it('a transformer encoder with padding', async () => {
    const model = new Encoder()
    const fn = ({ ids, lengths }: Tensors) => {
      const mask = paddingMask(lengthMask(lengths as tf.Tensor, (ids as tf.Tensor).shape[1] as number))
      return { states: model.blocks.reduce((x, block) => block.forward(x, inference, mask), model.tokens.forward(ids as tf.Tensor)) }
    }
    const draw = { lengths: ([n]: number[]) => Int32Array.from({ length: n as number }, (_, i) => 1 + (i % 3)) }
    await check(model, fn, { ids: int('N', 'T'), lengths: int('N') }, [{ N: 1, T: 3 }, { N: 4, T: 50 }], draw)
  })

  it('a transformer decoder over a memory, its cache growing from nothing', async () => {
    const model = new Decoder()
    const fn = (inputs: Tensors) => {
      const { ids, memory } = inputs as { ids: tf.Tensor; memory: tf.Tensor }
      let x = model.tokens.forward(ids)
      const caches: Tensors = {}
      for (const [i, block] of model.blocks.entries()) {
        const past: KeyValue = { key: inputs[`key.${i}`] as tf.Tensor, value: inputs[`value.${i}`] as tf.Tensor }
        const mask = causalMask(ids.shape[1] as number, (past.key.shape[2] as number) + (ids.shape[1] as number))
        const { output, cache } = block.step(x, past, block.memory(memory), inference, mask)
        x = output
        caches[`next.key.${i}`] = cache.key
        caches[`next.value.${i}`] = cache.value
      }
      return { logits: model.tokens.logits(x), ...caches }
    }
    const cache = float('N', HEADS, 'P', WIDTH / HEADS)
    const caches = Object.fromEntries(model.blocks.flatMap((_, i) => [[`key.${i}`, cache], [`value.${i}`, cache]] as const))
    const signature = { ids: int('N', 'T'), memory: float('N', 'S', WIDTH), ...caches }
    await check(model, fn, signature, [{ N: 1, T: 1, P: 0, S: 1 }, { N: 2, T: 1, P: 33, S: 9 }, { N: 5, T: 6, P: 2, S: 40 }])
  })

  it('a CTC model that subsamples', async () => {
    const model = new Recognizer()
    const fn = ({ features }: Tensors) => {
      const states = model.block.forward(model.subsampling.forward(features as tf.Tensor), inference)
      return { log_probs: tf.logSoftmax(model.head.forward(states)) }
    }
    await check(model, fn, { features: float('N', 'T', 8) }, [{ N: 1, T: 2 }, { N: 3, T: 98 }, { N: 2, T: 7 }])
  })
})
