/**
 * The first and the last frame of each token on CTC's best alignment of a transcript (Viterbi); undefined where it has none.
 *
 * @param logProbs (frames, vocabSize)
 */
export function ctcTimes(logProbs: Float32Array, vocabSize: number, blank: number, tokens: readonly number[]): { frames: number[]; ends: number[] } | undefined {
  const length = logProbs.length / vocabSize
  const places = 2 * tokens.length + 1
  const tokenOf = (place: number): number => (place % 2 === 0 ? blank : (tokens[(place - 1) / 2] as number))
  // How many places further each frame's best path came to each place.
  const moves = new Uint8Array(length * places)
  let before = new Float64Array(places).fill(-Infinity)
  for (let t = 0; t < length; t++) {
    const now = new Float64Array(places)
    for (let place = 0; place < places; place++) {
      let [best, move] = [t === 0 ? (place < 2 ? 0 : -Infinity) : (before[place] as number), 0]
      const skips = place > 1 && place % 2 === 1 && tokenOf(place) !== tokenOf(place - 2)
      const most = t === 0 ? 0 : skips ? 2 : Math.min(place, 1)
      for (let step = 1; step <= most; step++) {
        const score = before[place - step] as number
        if (score > best) [best, move] = [score, step]
      }
      now[place] = best + (logProbs[t * vocabSize + tokenOf(place)] as number)
      moves[t * places + place] = move
    }
    before = now
  }
  let place = tokens.length > 0 && (before[places - 2] as number) > (before[places - 1] as number) ? places - 2 : places - 1
  if (!((before[place] as number) > -Infinity)) return undefined
  const [frames, ends] = [new Array<number>(tokens.length), new Array<number>(tokens.length)]
  for (let t = length - 1; t >= 0; t--) {
    if (place % 2 === 1) {
      frames[(place - 1) / 2] = t
      ends[(place - 1) / 2] ??= t
    }
    place -= moves[t * places + place] as number
  }
  return { frames, ends }
}
