/** How good a person finds a translation: five levels, the worst first because it is what must not happen. */
export const QUALITY_LEVELS = [
  {
    name: 'catastrophic',
    meaning: 'Misleads: the meaning is reversed, invented or lost, or a number, name or negation is wrong, and a reader would not notice.',
  },
  { name: 'poor', meaning: 'Much of the meaning is missing or wrong, but a reader would notice.' },
  { name: 'flawed', meaning: 'The main meaning is there; a detail is missing or wrong, or it is hard to read.' },
  { name: 'good', meaning: 'All of the meaning is there; words or grammar could be better.' },
  { name: 'perfect', meaning: 'There is nothing to change.' },
] as const

export type QualityLevel = (typeof QUALITY_LEVELS)[number]['name']

/** What is to be rated. */
export interface ScoringItem {
  readonly source: string
  readonly output: string
  readonly reference?: string
}

/** A rating of the item at this position, from 0. */
export interface Rating {
  readonly item: number
  readonly level: QualityLevel
}
