export interface Rated {
  readonly source: string
  readonly target: string
}

export function estimateQuality(_translation: Rated, suspected: boolean): number {
  return suspected ? 0.2 : 0.7
}
