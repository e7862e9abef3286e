import { SpeechDetector, type ActivityOptions } from './activity.js'

/** Why an utterance is over. */
export type EndpointReason = 'pause' | 'no speech' | 'too long'

export interface EndpointRules {
  /** Seconds of silence after speech that end an utterance. Default 0.8. */
  pause?: number
  /** Seconds of silence with no speech before. Default 5. */
  noSpeech?: number
  /** Seconds of an utterance at most. Default 20. */
  longest?: number
}

/**
 * Says when an utterance is over, for recognisers that listen: after a pause, after silence without any speech, or because
 * it has become too long (three of the rules of Kaldi's online endpointing, by energy alone).
 */
export class EndpointDetector {
  private readonly detector: SpeechDetector
  private readonly rules: Required<EndpointRules>
  private samples = 0
  private heard = false

  /** @param sampleRate Hz */
  constructor(private readonly sampleRate: number, rules: EndpointRules = {}, options: ActivityOptions = {}) {
    this.rules = { pause: 0.8, noSpeech: 5, longest: 20, ...rules }
    this.detector = new SpeechDetector(sampleRate, options)
  }

  /**
   * @param samples the next samples; an endpoint is looked for at their end, so that pieces of 10 to 100 ms are best
   * @returns why the utterance is over, or undefined while it is not
   */
  push(samples: Float32Array): EndpointReason | undefined {
    this.samples += samples.length
    if (this.detector.push(samples).length > 0 || this.detector.speaking) this.heard = true
    const { silent } = this.detector.state
    const { pause, noSpeech, longest } = this.rules
    if (this.heard && silent >= pause) return 'pause'
    if (!this.heard && this.samples >= noSpeech * this.sampleRate) return 'no speech'
    return this.samples >= longest * this.sampleRate ? 'too long' : undefined
  }

  /** Begins with the next utterance; what is known of the background is kept. */
  reset(): void {
    this.samples = 0
    this.heard = false
  }
}
