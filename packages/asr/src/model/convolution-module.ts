import { DepthwiseConv1d, glu, LayerNorm, Linear, Module } from '@parlance/nn'
import { type Random, tf } from '@parlance/runtime'

/**
 * The convolution module of a Conformer (Gulati et al. 2020, section 2.2): pointwise convolution to twice the width → GLU →
 * depthwise convolution over time → normalisation → swish → pointwise convolution. Normalised by LayerNorm where the paper
 * has BatchNorm, as streaming Conformers do (Yao et al. 2021, "WeNet"), so that batch mates never change a result.
 */
export class ConvolutionModule extends Module {
  readonly pointwise_in: Linear
  readonly depthwise: DepthwiseConv1d
  readonly norm: LayerNorm
  readonly pointwise_out: Linear
  private readonly past: number
  private readonly future: number

  /** @param causal whether frame t is made of t − kernel + 1 … t, instead of as many on either side */
  constructor({ width, kernel, causal, random }: { width: number; kernel: number; causal: boolean; random: Random }) {
    super()
    this.future = causal ? 0 : (kernel - 1) / 2
    this.past = kernel - 1 - this.future
    this.pointwise_in = new Linear({ inputs: width, outputs: 2 * width, random: random.fork('pointwise_in') })
    this.depthwise = new DepthwiseConv1d({ channels: width, kernel, random: random.fork('depthwise') })
    this.norm = new LayerNorm({ width })
    this.pointwise_out = new Linear({ inputs: width, outputs: width, random: random.fork('pointwise_out') })
  }

  /** What the depthwise convolution reads: (N, T, width) to the same shape. Zero the padding of it. */
  gate(x: tf.Tensor): tf.Tensor {
    return glu(this.pointwise_in.forward(x))
  }

  /**
   * @param gated (N, T, width)
   * @param past (N, kernel − 1, width) of a causal one: what was gated before. Default zeros
   * @returns (N, T, width)
   */
  convolve(gated: tf.Tensor, past?: tf.Tensor): tf.Tensor {
    const x = past ? tf.concat([past, gated], 1) : tf.pad(gated, [[0, 0], [this.past, this.future], [0, 0]])
    const y = this.norm.forward(this.depthwise.forward(x))
    return this.pointwise_out.forward(tf.mul(y, tf.sigmoid(y)))
  }
}
