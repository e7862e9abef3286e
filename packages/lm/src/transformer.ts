import { causalMask, Embedding, type Forward, initializers, type KeyValue, LayerNorm, Module, TransformerEncoderBlock } from '@parlance/nn'
import { type Random, tf } from '@parlance/runtime'
import type { TransformerConfig } from './config.js'
import { POSITION_OFFSET } from './parameter-names.js'

/**
 * A decoder-only transformer language model: token and learned position embeddings, pre-norm blocks of causal
 * self-attention and feed-forward, a last normalisation, and logits through the token embedding (Radford et al. 2019,
 * "Language Models are Unsupervised Multitask Learners"; tied as Press and Wolf 2017).
 *
 * Weights start normal with deviation 0.02; the projections into the residual stream have 0.02/√(2·layers), since that
 * many of them are added up (GPT-2, section 2.3).
 */
export class TransformerLM extends Module {
  readonly tokens: Embedding
  /** (2 + context, width): OPT's layout, whose first two rows are not used. */
  readonly positions: Embedding
  readonly blocks: TransformerEncoderBlock[]
  readonly norm: LayerNorm

  constructor(readonly config: TransformerConfig, random: Random) {
    super()
    const { vocabSize, context, layers, heads, width, activation, bias, dropout } = config
    const initializer = initializers.normal(0.02)
    this.tokens = new Embedding({ entries: vocabSize, width, random: random.fork('tokens') })
    this.positions = new Embedding({ entries: POSITION_OFFSET + context, width, random: random.fork('positions') })
    const block = { width, heads, activation, bias, dropout, attentionDropout: dropout, initializer }
    this.blocks = Array.from(
      { length: layers },
      (_, i) => new TransformerEncoderBlock({ ...block, random: random.fork('block', i) }),
    )
    this.norm = new LayerNorm({ width, bias })
    tf.tidy(() => {
      for (const { attention, feedForward } of this.blocks) {
        for (const { weight } of [attention.output, feedForward.output]) weight.assign(tf.div(weight, Math.sqrt(2 * layers)))
      }
    })
  }

  /** Logits of the next token after each: int32 ids (N, T ≤ context) to (N, T, vocabSize). */
  forward(ids: tf.Tensor, forward: Forward): tf.Tensor {
    const { context } = this.config
    const length = ids.shape[1] as number
    if (length > context) throw new Error(`The model sees ${context} tokens at most, got ${length}.`)
    return this.logits(ids, tf.slice(this.positions.weight, [POSITION_OFFSET, 0], [length, -1]), forward)
  }

  /** The same where the length is known at run time only: `places`, int32 (T), holds 0 … T − 1. */
  forwardAt(ids: tf.Tensor, places: tf.Tensor, forward: Forward): tf.Tensor {
    return this.logits(ids, this.positionsAt(places), forward)
  }

  /**
   * Feeds T new tokens after P cached ones.
   *
   * @param ids int32 (N, T)
   * @param places int32 (T): the positions of the new tokens, P … P + T − 1
   * @param past per block, keys and values (N, heads, P, width / heads)
   * @returns logits of what follows the last new token (N, vocabSize), and the caches, T longer
   */
  step(
    ids: tf.Tensor,
    places: tf.Tensor,
    past: readonly KeyValue[],
    forward: Forward,
  ): { logits: tf.Tensor; caches: KeyValue[] } {
    const length = ids.shape[1] as number
    const cached = past[0]?.key.shape[2] as number
    const mask = causalMask(length, cached + length)
    let x = tf.add(this.tokens.forward(ids), this.positionsAt(places))
    const caches: KeyValue[] = []
    for (const [i, block] of this.blocks.entries()) {
      const { output, cache } = block.step(x, past[i], forward, mask)
      x = output
      caches.push(cache)
    }
    const last = tf.squeeze(tf.slice(tf.reverse(x, 1), [0, 0, 0], [-1, 1, -1]), [1])
    return { logits: this.tokens.logits(this.norm.forward(last)), caches }
  }

  private logits(ids: tf.Tensor, places: tf.Tensor, forward: Forward): tf.Tensor {
    let x = forward.dropout(tf.add(this.tokens.forward(ids), places), this.config.dropout)
    const mask = causalMask(ids.shape[1] as number)
    for (const block of this.blocks) x = block.forward(x, forward, mask)
    return this.tokens.logits(this.norm.forward(x))
  }

  private positionsAt(places: tf.Tensor): tf.Tensor {
    return this.positions.forward(tf.add(places, tf.scalar(POSITION_OFFSET, 'int32')))
  }
}
