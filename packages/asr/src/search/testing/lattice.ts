/** A hand-made transducer and CTC lattice over four ids for tests, and all alignments of them written out. */
import type { TransducerModel } from '../transducer-model.js'

export const VOCAB_SIZE = 4
export const WIDTH = 2

/** ln-probabilities that depend on the frame (two numbers) and on all tokens before. */
export function scoresOf(frame: ArrayLike<number>, history: readonly number[]): number[] {
  return normalized(Array.from({ length: VOCAB_SIZE }, (_, v) =>
    Math.sin(3 * v * (frame[0] as number) + history.length) + Math.cos((frame[1] as number) * (history.at(-1) ?? 0) + v)))
}

/** Of a token-and-duration transducer, not in order. */
export const DURATIONS = [1, 0, 3]

export function durationScoresOf(frame: ArrayLike<number>, history: readonly number[]): number[] {
  return normalized(DURATIONS.map((frames) => Math.cos(2 * frames * (frame[1] as number) + history.length)))
}

function normalized(logits: readonly number[]): number[] {
  const normalizer = Math.log(logits.reduce((sum, x) => sum + Math.exp(x), 0))
  return logits.map((x) => x - normalizer)
}

export const model: TransducerModel<readonly number[]> = {
  vocabSize: VOCAB_SIZE,
  blank: 0,
  start: () => [],
  advance: (states, tokens) => states.map((history, r) => [...history, tokens[r] as number]),
  score: (frames, states) => ({ tokens: Float32Array.from(frames.flatMap((frame, r) => scoresOf(frame, states[r] as readonly number[]))) }),
}

export const durationModel: TransducerModel<readonly number[]> = {
  ...model,
  durations: DURATIONS,
  score: (frames, states) => ({
    ...model.score(frames, states),
    durations: Float32Array.from(frames.flatMap((frame, r) => durationScoresOf(frame, states[r] as readonly number[]))),
  }),
}

/** (frames, WIDTH) */
export function recording(seed: number, frames: number): Float32Array {
  return Float32Array.from({ length: WIDTH * frames }, (_, i) => Math.sin(12.9898 * (i + 1) * seed) * 2)
}

/** What all alignments of a text come to. */
export interface Enumerated {
  tokens: number[]
  /** ln of their sum. */
  score: number
  /** ln-probability and frames of the best one. */
  path: number
  frames: number[]
}

/** Sums alignments by text, the likeliest text first. */
export function gathered(alignments: Iterable<{ tokens: number[]; frames: number[]; path: number }>): Enumerated[] {
  const texts = new Map<string, Enumerated>()
  for (const { tokens, frames, path } of alignments) {
    const key = tokens.join()
    const text = texts.get(key)
    if (!text) texts.set(key, { tokens, score: Math.exp(path), path, frames })
    else {
      text.score += Math.exp(path)
      if (path > text.path) Object.assign(text, { path, frames })
    }
  }
  return [...texts.values()].map((text) => ({ ...text, score: Math.log(text.score) })).sort((a, b) => b.score - a.score)
}

/** What an alignment may do, and what tokens get. */
export interface Rules {
  maxSymbols: number
  /** Time-synchronous: a frame's last symbol ends it without a blank. Else every frame ends with a blank. */
  perFrame: boolean
  bonus?: (history: readonly number[], token: number) => number
  blankPenalty?: number
}

/** Every alignment of a transducer over these frames. */
export function* transducerAlignments(
  encoded: Float32Array,
  rules: Rules,
  t = 0,
  symbols = 0,
  tokens: number[] = [],
  frames: number[] = [],
  path = 0,
): Generator<{ tokens: number[]; frames: number[]; path: number }> {
  if (t === encoded.length / WIDTH) {
    yield { tokens, frames, path }
    return
  }
  const scores = scoresOf(encoded.subarray(WIDTH * t, WIDTH * (t + 1)), tokens).map(Math.fround)
  yield* transducerAlignments(encoded, rules, t + 1, 0, tokens, frames, path + (scores[0] as number) - (rules.blankPenalty ?? 0))
  if (!rules.perFrame && tokens.length >= rules.maxSymbols * (t + 1)) return
  const over = rules.perFrame && symbols + 1 === rules.maxSymbols
  for (let v = 1; v < VOCAB_SIZE; v++) {
    const score = (scores[v] as number) + (rules.bonus?.(tokens, v) ?? 0)
    yield* transducerAlignments(encoded, rules, over ? t + 1 : t, over ? 0 : symbols + 1, [...tokens, v], [...frames, t], path + score)
  }
}

/** Every alignment of a token-and-duration transducer: the last of `maxSymbols` ends its frame, and what leads beyond the end ends there. */
export function* durationAlignments(
  encoded: Float32Array,
  rules: Pick<Rules, 'maxSymbols' | 'blankPenalty'>,
  t = 0,
  symbols = 0,
  tokens: number[] = [],
  frames: number[] = [],
  path = 0,
): Generator<{ tokens: number[]; frames: number[]; path: number }> {
  if (t >= encoded.length / WIDTH) {
    yield { tokens, frames, path }
    return
  }
  const frame = encoded.subarray(WIDTH * t, WIDTH * (t + 1))
  const [scores, leads] = [scoresOf(frame, tokens), durationScoresOf(frame, tokens)].map((some) => some.map(Math.fround)) as [number[], number[]]
  for (const [d, duration] of DURATIONS.entries()) {
    for (let v = 0; v < VOCAB_SIZE; v++) {
      if (v === 0 && duration === 0) continue
      const after = path + (scores[v] as number) + (leads[d] as number)
      if (v === 0) yield* durationAlignments(encoded, rules, t + duration, 0, tokens, frames, after - (rules.blankPenalty ?? 0))
      else {
        const lead = symbols + 1 === rules.maxSymbols ? Math.max(1, duration) : duration
        yield* durationAlignments(encoded, rules, t + lead, lead === 0 ? symbols + 1 : 0, [...tokens, v], [...frames, t], after)
      }
    }
  }
}

/** Scores of a CTC model, (frames, VOCAB_SIZE) ln-probabilities. */
export function ctcScores(seed: number, frames: number): Float32Array {
  const encoded = recording(seed, frames)
  return Float32Array.from({ length: frames }, (_, t) => t).reduce<Float32Array>((all, t) => {
    all.set(scoresOf(encoded.subarray(WIDTH * t, WIDTH * (t + 1)), []), t * VOCAB_SIZE)
    return all
  }, new Float32Array(frames * VOCAB_SIZE))
}

/** Every alignment of CTC: a token's frame is the first of its run. */
export function* ctcAlignments(
  scores: Float32Array,
  bonus: (history: readonly number[], token: number) => number = () => 0,
): Generator<{ tokens: number[]; frames: number[]; path: number }> {
  const frames = scores.length / VOCAB_SIZE
  for (let code = 0; code < VOCAB_SIZE ** frames; code++) {
    const found = { tokens: [] as number[], frames: [] as number[], path: 0 }
    let previous = 0
    for (let t = 0, rest = code; t < frames; t++, rest = Math.floor(rest / VOCAB_SIZE)) {
      const id = rest % VOCAB_SIZE
      found.path += scores[t * VOCAB_SIZE + id] as number
      if (id !== 0 && id !== previous) {
        found.path += bonus(found.tokens, id)
        found.tokens.push(id)
        found.frames.push(t)
      }
      previous = id
    }
    yield found
  }
}
