/** What another implementation needs to start equal: initial weights under PyTorch's names, and the batches. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type LstmLM, TransformerLM } from '@parlance/lm/training'
import { namedParameters } from '@parlance/nn'
import { tf } from '@parlance/runtime'
import { batchesOf, modelOf } from './model.js'
import type { StepSetting } from './settings.js'

/** Rows of the position table that are not used: OPT's layout. */
const POSITION_OFFSET = 2

type Weight = [name: string, shape: number[], ...values: tf.Tensor[]]

function* transformerWeights({ tokens, positions, blocks, norm, config }: TransformerLM): Generator<Weight> {
  const { vocabSize, width, context } = config
  yield ['tokens.weight', [vocabSize, width], tokens.weight]
  yield ['positions.weight', [context, width], tf.slice(positions.weight, [POSITION_OFFSET, 0], [context, width])]
  for (const [i, { attention, feedForward, attentionNorm, feedForwardNorm }] of blocks.entries()) {
    const block = `blocks.${i}`
    yield [`${block}.attention.weight`, [3 * width, width], attention.query.weight, attention.key.weight, attention.value.weight]
    yield [`${block}.output.weight`, [width, width], attention.output.weight]
    yield [`${block}.up.weight`, [4 * width, width], feedForward.input.weight]
    yield [`${block}.down.weight`, [width, 4 * width], feedForward.output.weight]
    yield [`${block}.norm1.weight`, [width], attentionNorm.weight]
    yield [`${block}.norm2.weight`, [width], feedForwardNorm.weight]
  }
  yield ['norm.weight', [width], norm.weight]
}

/** Recurrent layers have PyTorch's names already. */
function* lstmWeights(model: LstmLM): Generator<Weight> {
  for (const [name, variable] of namedParameters(model)) yield [name === 'outputBias' ? 'bias' : name, variable.shape, variable]
}

/** Writes the files into `folder`; what is returned is the peer's to read. */
export function writePeerFiles(setting: StepSetting, folder: string) {
  const model = modelOf(setting)
  const parts: tf.TypedArray[] = []
  const names = [...(model instanceof TransformerLM ? transformerWeights(model) : lstmWeights(model))].map(([name, shape, ...values]) => {
    for (const value of values) parts.push(value.dataSync())
    return [name, shape] as const
  })
  model.dispose()
  const files = { weights: join(folder, 'weights'), batches: join(folder, 'batches') }
  const bytes = (array: tf.TypedArray) => Buffer.from(array.buffer, array.byteOffset, array.byteLength)
  writeFileSync(files.weights, Buffer.concat(parts.map(bytes)))
  writeFileSync(files.batches, Buffer.concat(batchesOf(setting).flatMap(({ ids, targets }) => [bytes(ids), bytes(targets)])))
  return { names, ...files }
}
