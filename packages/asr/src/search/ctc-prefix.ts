import { logAdd } from './log-add.js'

/** What CTC knows of hypotheses that begin with some tokens. Nothing in it is ever changed. */
export interface CtcPrefix {
  /** ln-probability that the transcript begins with these tokens, */
  readonly score: number
  /** and that it is these tokens. */
  readonly whole: number
  /** The last token, -1 of none. */
  readonly last: number
  /** (frames): of the alignments up to each frame that end with the last token, and with a blank. */
  readonly ends: Float64Array
  readonly blanks: Float64Array
}

/**
 * Prefix probabilities of CTC, one token after the other: Watanabe et al. 2017, "Hybrid CTC/attention architecture", algorithm 2.
 */
export class CtcPrefixes {
  private readonly frames: number

  /** @param logProbs (frames, vocabSize), at least one frame */
  constructor(private readonly logProbs: Float32Array, private readonly vocabSize: number, private readonly blank: number) {
    this.frames = logProbs.length / vocabSize
  }

  /** No tokens. */
  start(): CtcPrefix {
    const blanks = new Float64Array(this.frames)
    let sum = 0
    for (let t = 0; t < this.frames; t++) blanks[t] = sum += this.at(t, this.blank)
    return { score: 0, whole: sum, last: -1, ends: new Float64Array(this.frames).fill(-Infinity), blanks }
  }

  /** One token more, no blank. */
  extended({ last, ends, blanks }: CtcPrefix, token: number): CtcPrefix {
    const { frames, blank } = this
    const [newEnds, newBlanks] = [new Float64Array(frames), new Float64Array(frames)]
    let [end, pause, score] = [-Infinity, -Infinity, -Infinity]
    for (let t = 0; t < frames; t++) {
      // What comes before its first frame. A repetition needs a blank between.
      const before = t === 0 ? (last < 0 ? 0 : -Infinity) : token === last ? (blanks[t - 1] as number) : logAdd(ends[t - 1] as number, blanks[t - 1] as number)
      const first = before + this.at(t, token)
      ;[end, pause] = [logAdd(end + this.at(t, token), first), logAdd(end, pause) + this.at(t, blank)]
      newEnds[t] = end
      newBlanks[t] = pause
      score = logAdd(score, first)
    }
    return { score, whole: logAdd(end, pause), last: token, ends: newEnds, blanks: newBlanks }
  }

  private at(frame: number, token: number): number {
    return this.logProbs[frame * this.vocabSize + token] as number
  }
}
