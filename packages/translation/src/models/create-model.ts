import type { ModelConfig } from '../model-config.js'
import { ConvolutionalTranslator } from './convolutional/convolutional-translator.js'
import { type EncoderDecoder, NO_DROPOUT, type Regularization } from './encoder-decoder.js'
import { LSTMTranslator } from './lstm/lstm-translator.js'
import { TranslationTransformer } from './transformer/transformer.js'

/** A new model of the architecture that `config` names, its weights drawn from `seed`. */
export function createModel(config: ModelConfig, seed = 1, regularization: Regularization = NO_DROPOUT): EncoderDecoder {
  switch (config.architecture) {
    case 'transformer':
      return new TranslationTransformer(config, seed, regularization)
    case 'lstm':
      return new LSTMTranslator(config, seed, regularization)
    case 'convolutional':
      return new ConvolutionalTranslator(config, seed, regularization)
  }
}
