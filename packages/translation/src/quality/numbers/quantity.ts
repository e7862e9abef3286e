/** A number that a text speaks of. */
export interface Quantity {
  /** What it may stand for: "1.000" is a thousand or one, "halb acht" half past seven. At least one. */
  readonly readings: readonly number[]
  /** Whether a faithful translation may do without it: "one" may be a pronoun, "second" a moment. */
  readonly optional: boolean
  /** Whether it is a time of day, in hours, which counts the same in either half of it: 3 p.m. is 15 Uhr. */
  readonly hour: boolean
  /** As it was written. */
  readonly text: string
}

/** What a word says about numbers. */
export interface NumberWord {
  readonly value: number
  /** Other numbers that it may stand for. */
  readonly others?: readonly number[]
  readonly optional?: boolean
  /**
   * How it joins with its neighbours: a `cardinal` is added to tens and hundreds before it, a `scale` (hundred, thousand)
   * multiplies what is before it, an `ordinal` ends a numeral, a `half` adds to what is before it, and a word that stands
   * `alone` (twice) does neither.
   */
  readonly role: 'cardinal' | 'scale' | 'ordinal' | 'half' | 'alone'
}

/** How a language writes numbers. */
export interface NumberLanguage {
  /** The number in a lower-case word. */
  readonly word: (word: string) => NumberWord | undefined
  /** Lower-case expressions with number words that speak of no number. */
  readonly idioms: RegExp
  /** Words that may stand inside a numeral: "two hundred *and* one". */
  readonly joiners: ReadonlySet<string>
  /** Spoken times of day that begin at the token `index`. */
  readonly time: (tokens: readonly string[], index: number) => SpokenTime | undefined
  /** Words after or before a number by which it may be an hour. */
  readonly hourMarks: ReadonlySet<string>
  /** Words after an ordinal by which it is a floor, which some count from the ground floor and some from above it. */
  readonly floors: ReadonlySet<string>
}

export interface SpokenTime {
  /** Tokens that it takes. */
  readonly length: number
  /** In hours. */
  readonly hour: number
}
