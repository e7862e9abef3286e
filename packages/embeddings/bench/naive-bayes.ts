/** Multinomial naive Bayes: what classifiers of texts are compared with (Manning, Raghavan and Schütze 2008, chapter 13). */

export interface Labelled {
  readonly words: readonly string[]
  readonly label: string
}

/** Words and, up to `longest`, n-grams of them. */
function featuresOf(words: readonly string[], longest: number): string[] {
  const features = [...words]
  for (let n = 2; n <= longest; n++) for (let i = 0; i + n <= words.length; i++) features.push(words.slice(i, i + n).join(' '))
  return features
}

export class NaiveBayes {
  private readonly labels: readonly string[]
  private readonly counts = new Map<string, Float64Array>()
  private readonly totals: Float64Array
  private readonly examples: Float64Array

  constructor(
    training: readonly Labelled[],
    private readonly longest: number,
  ) {
    this.labels = [...new Set(training.map(({ label }) => label))]
    this.totals = new Float64Array(this.labels.length)
    this.examples = new Float64Array(this.labels.length)
    for (const { words, label } of training) {
      const place = this.labels.indexOf(label)
      this.examples[place]! += 1
      for (const feature of featuresOf(words, longest)) {
        let counts = this.counts.get(feature)
        if (!counts) this.counts.set(feature, (counts = new Float64Array(this.labels.length)))
        counts[place]! += 1
        this.totals[place]! += 1
      }
    }
  }

  /** @param alpha what is added to each count; features that were never seen are passed over */
  predict(words: readonly string[], alpha: number): string {
    const size = alpha * this.counts.size
    const scores = Float64Array.from(this.examples, Math.log)
    for (const feature of featuresOf(words, this.longest)) {
      const counts = this.counts.get(feature)
      if (counts) for (let i = 0; i < scores.length; i++) scores[i]! += Math.log((counts[i]! + alpha) / (this.totals[i]! + size))
    }
    return this.labels[scores.indexOf(Math.max(...scores))]!
  }
}
