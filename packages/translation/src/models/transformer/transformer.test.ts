import { inference, namedParameters } from '@parlance/nn'
import { useDevice } from '@parlance/runtime'
import { beforeAll, describe, expect, it } from 'vitest'
import { m2m100Logits } from '../../fixtures/m2m100.js'
import type { TransformerConfig } from '../../model-config.js'
import { fileNames } from '../../parameter-names.js'
import { END, START } from '../../special-tokens.js'
import { matrix, perturb } from '../testing.js'
import { TranslationTransformer } from './transformer.js'

beforeAll(async () => {
  await useDevice('cpu', { threads: 1 })
})

const tiny: TransformerConfig = {
  architecture: 'transformer', vocabSize: 11, width: 8, heads: 2, encoderLayers: 2, decoderLayers: 2, feedForwardWidth: 12,
  decoder: 'attention', tiedEmbeddings: 'all',
}

describe('TranslationTransformer', () => {
  it("computes what Hugging Face's M2M100 computes, under its parameter names", async () => {
    const model = perturb(new TranslationTransformer(tiny, 3))
    const weights = new Map<string, { data: ArrayLike<number> }>()
    for (const [name, variable] of fileNames(namedParameters(model))) weights.set(name, { data: await variable.data() })
    const [source, input] = [[5, 9, 4, 7, END], [START, 10, 6, 8]]
    const wanted = m2m100Logits(weights, tiny, source, input)
    const got = model.project(model.decode(matrix(input), model.encode(matrix(source), inference), inference)).dataSync()
    expect(got.length).toBe(4 * tiny.vocabSize)
    // float32 against float64, logits of about 3
    for (const [i, value] of wanted.flat().entries()) expect(Math.abs((got[i] as number) - value)).toBeLessThan(1e-5)
  })
})
