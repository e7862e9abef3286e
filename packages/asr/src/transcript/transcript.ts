import type { Tokenizer } from '@parlance/tokenizer'
import { type Familiarity, unfamiliarWarning } from './familiarity.js'
import type { ScoredTokens, TimedTokens } from '../search/timed-tokens.js'
import { type EmissionTiming, timedWords, type Word, WordReader } from './timed-words.js'

export interface Transcript {
  text: string
  words: Word[]
  /** Of the recording, in seconds. */
  duration: number
  /** Seconds of it that are not background, by energy (`SpeechDetector`); left out where there was no sound to hear. */
  speech?: number
  /** One sentence where the audio does not look like what the model knows, so that the text should not be trusted. */
  warning?: string
  /** The best hypotheses, this one first, where `nBest` asks for more than one. */
  alternatives?: Alternative[]
}

export interface Alternative {
  text: string
  words: Word[]
  /** Natural logarithm of what it is ranked by. */
  score: number
}

/** What a stream has heard so far. */
export interface PartialTranscript extends Pick<Transcript, 'text' | 'words' | 'duration'> {
  /** Characters at the beginning of `text` that stay as they are, whatever comes. */
  stable: number
}

/** What was found in a part of a recording. */
export interface FoundPart {
  /** Seconds from the recording's start. */
  start: number
  /** The best first, at least one. */
  hypotheses: readonly ScoredTokens[]
}

/** How long a recording is, and how much of it is not background, in seconds. */
export interface Heard {
  duration: number
  speech: number | undefined
}

/** From tokens to what users read. */
export class TranscriptWriter {
  /**
   * @param usual how transcripts of audio that the model knows look
   * @param timing of models that were trained to emit near words
   */
  constructor(
    private readonly tokenizer: Tokenizer,
    private readonly secondsPerFrame: number,
    private readonly usual: Familiarity | undefined,
    private readonly timing: EmissionTiming | undefined,
  ) {}

  /** @param parts of one recording, in order */
  write(parts: readonly FoundPart[], { duration, speech }: Heard, nBest: number): Transcript {
    let best: Alternative[] = [{ text: '', words: [], score: 0 }]
    for (const { start, hypotheses } of parts) {
      const here = this.distinct(hypotheses, nBest).map((one) => later(one, start))
      // Parts are searched alone: the best of all are among the best of each.
      best = best.flatMap((before) => here.map((one) => followed(before, one)))
        .sort((a, b) => b.score - a.score)
        .slice(0, nBest)
    }
    const { text, words } = best[0] as Alternative
    const warning = this.usual && speech !== undefined ? unfamiliarWarning({ words, speech }, this.usual) : undefined
    return {
      text, words, duration,
      ...(speech !== undefined && { speech }), ...(warning !== undefined && { warning }), ...(nBest > 1 && { alternatives: best }),
    }
  }

  /** Of a recording that is still heard. */
  partial(): PartialWriter {
    return new PartialWriter(this.tokenizer, this.secondsPerFrame, this.timing)
  }

  /** Token sequences that spell one text differ for search alone. */
  private distinct(hypotheses: readonly ScoredTokens[], most: number): Alternative[] {
    const texts = new Map<string, Alternative>()
    for (const found of hypotheses) {
      if (texts.size === most) break
      const words = timedWords(this.tokenizer, found, this.secondsPerFrame, this.timing)
      const text = textOf(words)
      if (!texts.has(text)) texts.set(text, { text, words, score: found.score })
    }
    return [...texts.values()]
  }
}

/** The transcript of a recording that is still heard. */
export class PartialWriter {
  private readonly reader: WordReader
  private readonly settledReader: WordReader

  constructor(tokenizer: Tokenizer, secondsPerFrame: number, timing: EmissionTiming | undefined) {
    this.reader = new WordReader(tokenizer, secondsPerFrame, timing)
    this.settledReader = new WordReader(tokenizer, secondsPerFrame, timing)
  }

  /** @param settled how many of the first tokens stay, now and in later calls */
  write(found: TimedTokens, settled: number, duration: number): PartialTranscript {
    const words = this.reader.read(found, settled)
    const text = textOf(words)
    return { text, words, duration, stable: this.stable(found, settled, text) }
  }

  /** Characters that settled tokens spell. */
  private stable(found: TimedTokens, settled: number, text: string): number {
    if (settled === found.tokens.length) return text.length
    const { tokens, frames, ends, logProbs } = found
    const some = { tokens: tokens.slice(0, settled), frames: frames.slice(0, settled), logProbs, ...(ends && { ends }) }
    const beginning = textOf(this.settledReader.read(some, settled))
    let stable = 0
    while (stable < beginning.length && beginning[stable] === text[stable]) stable++
    return stable
  }
}

function textOf(words: readonly Word[]): string {
  return words.map(({ word }) => word).join(' ')
}

function followed(before: Alternative, next: Alternative): Alternative {
  return {
    text: [before.text, next.text].filter((text) => text !== '').join(' '),
    words: before.words.length === 0 ? next.words : [...before.words, ...next.words],
    score: before.score + next.score,
  }
}

/** Moved by so many seconds. */
function later({ text, words, score }: Alternative, seconds: number): Alternative {
  if (seconds === 0) return { text, words, score }
  const moved = (time: number): number => Math.round(1000 * (time + seconds)) / 1000
  return {
    text,
    score,
    words: words.map(({ start, end, ...rest }) => ({ ...rest, ...(start !== undefined && { start: moved(start) }), ...(end !== undefined && { end: moved(end) }) })),
  }
}
