import { mkdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { namedParameters } from '@parlance/nn'
import { readJson, UsageError } from '@parlance/nn/command-line'
import { writeFileAtomic } from '@parlance/runtime'
import { folderConfig, readFolderConfig } from '../folder-config.js'
import { createModel } from '../models/create-model.js'
import type { TranslationTransformer } from '../models/transformer/transformer.js'
import { fileNames } from '../parameter-names.js'
import { END, PAD, SPECIAL_TOKENS, START, UNKNOWN } from '../special-tokens.js'
import { loadWeights, readTrainedModel } from '../training/model-folder.js'
import { huggingFaceGraphs } from './export-graphs.js'

const [startToken, padToken, endToken, unknownToken] = SPECIAL_TOKENS

/** Positions are computed, so there is no limit; libraries want one. */
const LONGEST = 1024

/**
 * Writes a model folder as one that `@huggingface/transformers` loads with `AutoModelForSeq2SeqLM` and `AutoTokenizer`, as
 * `M2M100ForConditionalGeneration`: `config.json`, `generation_config.json`, `tokenizer.json`, `tokenizer_config.json`,
 * `onnx/encoder_model.onnx` and `onnx/decoder_model_merged.onnx`, float32. Its tokens for a text are ours, unless special
 * tokens stand in the text or space around it; its greedy translations are ours.
 *
 * @throws UsageError for an architecture that is none of Hugging Face's, or an output that is the model itself
 * @throws Error, one line, for a folder that is quantized, or whose files are missing or do not go together
 */
export function exportForTransformers(folder: string, output: string): void {
  if (resolve(folder) === resolve(output)) throw new UsageError(`--output must be another folder than the model's, got ${output} twice.`)
  const { model: config, quantization, tokenizer } = readFolderConfig(folder)
  if (quantization) throw new Error(`${folder}: is quantized: give the folder that it was made from.`)
  if (config.architecture !== 'transformer' || config.decoder !== 'attention' || config.tiedEmbeddings !== 'all') {
    throw new UsageError(`${folder}: only transformers with attention in the decoder and one table of embeddings can be exported for transformers.js.`)
  }
  const trained = readTrainedModel(folder)
  const model = createModel(config) as TranslationTransformer
  loadWeights(trained, config, fileNames(namedParameters(model)))
  const graphs = huggingFaceGraphs(model, config)
  model.dispose()
  mkdirSync(join(output, 'onnx'), { recursive: true })
  writeFileAtomic(join(output, 'onnx', 'encoder_model.onnx'), graphs.encoder)
  writeFileAtomic(join(output, 'onnx', 'decoder_model_merged.onnx'), graphs.decoder)
  const ids = { bos_token_id: START, pad_token_id: PAD, eos_token_id: END, decoder_start_token_id: START }
  const files = {
    'config.json': {
      ...folderConfig({ model: config, tokenizer }),
      architectures: ['M2M100ForConditionalGeneration'],
      is_encoder_decoder: true,
      max_position_embeddings: LONGEST,
      use_cache: true,
      dropout: 0,
      attention_dropout: 0,
      activation_dropout: 0,
      encoder_layerdrop: 0,
      decoder_layerdrop: 0,
    },
    // What our search never says.
    'generation_config.json': { ...ids, max_length: LONGEST, num_beams: 1, do_sample: false, suppress_tokens: [START, PAD, UNKNOWN] },
    'tokenizer.json': withEnd(readJson(join(folder, 'tokenizer.json')) as object),
    'tokenizer_config.json': {
      tokenizer_class: 'PreTrainedTokenizerFast',
      bos_token: startToken,
      pad_token: padToken,
      eos_token: endToken,
      unk_token: unknownToken,
      model_max_length: LONGEST,
      clean_up_tokenization_spaces: false,
    },
  }
  for (const [name, content] of Object.entries(files)) writeFileAtomic(join(output, name), `${JSON.stringify(content, null, 2)}\n`)
}

/** The tokenizer with the space in front of the text and the end token after it, which our own code adds. */
function withEnd(tokenizer: object): object {
  const text = { Sequence: { id: 'A', type_id: 0 } }
  const end = { SpecialToken: { id: endToken, type_id: 0 } }
  return {
    ...tokenizer,
    normalizer: { type: 'Prepend', prepend: ' ' },
    post_processor: {
      type: 'TemplateProcessing',
      single: [text, end],
      pair: [text, end, { Sequence: { id: 'B', type_id: 1 } }, end],
      special_tokens: { [endToken]: { id: endToken, ids: [END], tokens: [endToken] } },
    },
  }
}
