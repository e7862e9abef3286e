/** A suspected catastrophe: what was found, and one sentence about it. */
export type Warning =
  | NumberWarning
  | NegationWarning
  | RepetitionWarning
  | CopyWarning
  | LanguageWarning
  | EmptyWarning
  | LengthWarning

export type WarningKind = Warning['kind']

interface Said {
  /** One sentence, lower-cased, without a full stop: what is suspected, and the words that it is about. */
  readonly message: string
}

interface NumberWarning extends Said {
  readonly kind: 'number-changed'
  /** Numbers of the source without a counterpart, as written. */
  readonly missing: readonly string[]
  /** Numbers of the target without a counterpart, as written. */
  readonly extra: readonly string[]
}

interface NegationWarning extends Said {
  readonly kind: 'negation-lost' | 'negation-added'
  /** The negators of the side that has more. */
  readonly negators: readonly string[]
}

interface RepetitionWarning extends Said {
  readonly kind: 'repetition'
  readonly phrase: string
  readonly times: number
}

interface CopyWarning extends Said {
  readonly kind: 'source-copied'
  /** Share of the target's words that are the source's. */
  readonly share: number
}

interface LanguageWarning extends Said {
  readonly kind: 'wrong-language'
  /** What the target looks like; undefined when like no language that is known. */
  readonly looksLike: string | undefined
}

interface EmptyWarning extends Said {
  readonly kind: 'empty'
}

interface LengthWarning extends Said {
  readonly kind: 'too-short' | 'too-long'
  /** Characters of the target over those of the source. */
  readonly ratio: number
}
