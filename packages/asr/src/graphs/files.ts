import type { Architecture } from '../config.js'

/** The inference graphs in a model folder, which use the weights of its `model.safetensors`. */
export const GRAPH_FILES = {
  /** features to what a search reads */
  encoder: 'encoder.onnx',
  /** tokens to what a transducer's joiner reads */
  predictor: 'predictor.onnx',
  /** both to log-probabilities */
  joiner: 'joiner.onnx',
  /** a token more and what the encoder gave to log-probabilities, of an attention decoder */
  decoder: 'decoder.onnx',
  /** a transducer's encoded frames to log-probabilities of the CTC beside it */
  ctc: 'ctc.onnx',
} as const

export type GraphName = keyof typeof GRAPH_FILES

/**
 * The graphs of a kind of model.
 *
 * @param rescored whether the CTC beside a transducer is asked, too
 */
export function graphNames(architecture: Architecture, rescored = false): GraphName[] {
  if (architecture === 'transducer') return ['encoder', 'predictor', 'joiner', ...(rescored ? ['ctc' as const] : [])]
  return architecture === 'attention' ? ['encoder', 'decoder'] : ['encoder']
}
