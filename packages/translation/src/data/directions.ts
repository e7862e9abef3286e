/** Which way pairs are learned: as they stand, from the second side to the first, or both. */
export const directions = ['forward', 'backward', 'both'] as const

export type Directions = (typeof directions)[number]
