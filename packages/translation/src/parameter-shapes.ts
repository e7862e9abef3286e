import type { ConvolutionalConfig, LSTMConfig, ModelConfig, TransformerConfig } from './model-config.js'

type Shapes = [name: string, shape: number[]][]

function linear(name: string, outputs: number, inputs: number): Shapes {
  return [[`${name}.weight`, [outputs, inputs]], [`${name}.bias`, [outputs]]]
}

function norm(name: string, width: number): Shapes {
  return [[`${name}.weight`, [width]], [`${name}.bias`, [width]]]
}

/** One table, or those of source, target and output that are tables of their own. */
function embeddings({ vocabSize, width, tiedEmbeddings }: ModelConfig): Shapes {
  const apart = ['model.encoder.embed_tokens', 'model.decoder.embed_tokens', ...(tiedEmbeddings === 'none' ? ['lm_head'] : [])]
  const names = tiedEmbeddings === 'all' ? ['model.shared'] : apart
  return names.map((name) => [`${name}.weight`, [vocabSize, width]])
}

/** What a decoder layer looks back with. */
function selfLayer(name: string, { decoder, width }: TransformerConfig): Shapes {
  switch (decoder) {
    case 'attention':
      return attention(`${name}.self_attn`, width)
    case 'ssru':
      return [[`${name}.self_layer.input.weight`, [width, width]], ...linear(`${name}.self_layer.forget`, width, width)]
    case 'average':
      return linear(`${name}.self_layer.gate`, 2 * width, 2 * width)
  }
}

function attention(name: string, width: number): Shapes {
  return ['q_proj', 'k_proj', 'v_proj', 'out_proj'].flatMap((part) => linear(`${name}.${part}`, width, width))
}

function transformer(config: TransformerConfig): Shapes {
  const { width, encoderLayers, decoderLayers, feedForwardWidth } = config
  const layers = (side: string, count: number, own: (layer: string) => Shapes) =>
    Array.from({ length: count }, (_, i) => `model.${side}.layers.${i}`).flatMap((layer) => [
      ...own(layer),
      ...norm(`${layer}.self_attn_layer_norm`, width),
      ...linear(`${layer}.fc1`, feedForwardWidth, width),
      ...linear(`${layer}.fc2`, width, feedForwardWidth),
      ...norm(`${layer}.final_layer_norm`, width),
    ])
  return [
    ...layers('encoder', encoderLayers, (layer) => attention(`${layer}.self_attn`, width)),
    ...norm('model.encoder.layer_norm', width),
    ...layers('decoder', decoderLayers, (layer) => [
      ...selfLayer(layer, config),
      ...attention(`${layer}.encoder_attn`, width),
      ...norm(`${layer}.encoder_attn_layer_norm`, width),
    ]),
    ...norm('model.decoder.layer_norm', width),
  ]
}

/** The names of PyTorch's LSTM, one direction. */
function lstmLayer(name: string, suffix: string, inputs: number, hidden: number): Shapes {
  return [
    [`${name}.weight_ih_${suffix}`, [4 * hidden, inputs]],
    [`${name}.weight_hh_${suffix}`, [4 * hidden, hidden]],
    [`${name}.bias_ih_${suffix}`, [4 * hidden]],
    [`${name}.bias_hh_${suffix}`, [4 * hidden]],
  ]
}

function lstm({ width, encoderLayers, decoderLayers, attention }: LSTMConfig): Shapes {
  const directions = Array.from({ length: encoderLayers }, (_, i) => [`l${i}`, `l${i}_reverse`]).flat()
  const key: Shapes = [['cell.key.weight', [width, width]]]
  const query: Shapes = [['cell.query.weight', [width, width]], ['cell.score', [width]]]
  return [
    ...directions.flatMap((suffix) => lstmLayer('encoder', suffix, width, width / 2)),
    ...linear('cell.input', 4 * width, width),
    ['cell.recurrent.weight', [4 * width, 2 * width]],
    ...(attention === 'dot' ? [] : key),
    ...(attention === 'additive' ? query : []),
    ['cell.combine.weight', [width, 2 * width]],
    ...Array.from({ length: decoderLayers - 1 }, (_, i) => lstmLayer(`upper.${i}`, 'l0', width, width)).flat(),
  ]
}

/** Weights as direction and length: the names of PyTorch's weight normalisation. */
function weightNormLinear(name: string, outputs: number, inputs: number): Shapes {
  return [[`${name}.weight_v`, [outputs, inputs]], [`${name}.weight_g`, [outputs, 1]], [`${name}.bias`, [outputs]]]
}

function convolutional({ width, kernel, encoderLayers, decoderLayers }: ConvolutionalConfig): Shapes {
  const layers = (side: string, count: number) => Array.from({ length: count }, (_, i) => `model.${side}.layers.${i}`)
  const convolution = (name: string) => weightNormLinear(`${name}.convolution`, 2 * width, kernel * width)
  return [
    ...layers('encoder', encoderLayers).flatMap(convolution),
    ...layers('decoder', decoderLayers).flatMap((layer) => [
      ...convolution(`${layer}.convolution`),
      ...weightNormLinear(`${layer}.query`, width, width),
    ]),
    ...weightNormLinear('last', width, width),
  ]
}

/**
 * The tensors that `model.safetensors` holds for a config, with their shapes. A transformer's have the names of Hugging
 * Face's M2M100, as far as that has such layers; LSTM layers those of PyTorch.
 */
export function parameterShapes(config: ModelConfig): Map<string, number[]> {
  switch (config.architecture) {
    case 'transformer':
      return new Map([...embeddings(config), ...transformer(config)])
    case 'lstm':
      return new Map([...embeddings(config), ...lstm(config)])
    case 'convolutional':
      return new Map([...embeddings(config), ...convolutional(config)])
  }
}
