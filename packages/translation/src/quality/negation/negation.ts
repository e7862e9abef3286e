/** How a language denies, by lower-case words; matched against the tokens of a text joined by single spaces. */
export interface NegationLanguage {
  /** Question tags with negators ("isn't it?", "nicht wahr?", "n'est-ce pas?"): removed, and count for nothing. */
  readonly tags: RegExp
  /** Expressions with negators that deny nothing ("not only"), removed then. */
  readonly idioms: RegExp
  /** Negators: a faithful translation has one too, or a word that denies by its meaning. */
  readonly negators: RegExp
  /**
   * Words that deny by their meaning (without, unless, refuse, impossible): they satisfy a negation, and need none. Listed
   * are those whose translations, in training pairs, deny in six of a hundred cases or more.
   */
  readonly deniers: RegExp
}

export interface Negations {
  /** The negators, as written. */
  readonly negators: readonly string[]
  /** How many words deny by their meaning. */
  readonly deniers: number
}
