import { basename, extname } from 'node:path'
import type { Transcript, Word } from '@parlance/asr'
import { UsageError } from '@parlance/nn/command-line'

export const FORMATS = ['text', 'srt', 'vtt', 'json', 'ctm'] as const
export type Format = (typeof FORMATS)[number]

/** Of captions: characters and seconds of one at most, and the pause after which another begins. */
const CAPTION_LENGTH = 80
const CAPTION_SECONDS = 6
const CAPTION_PAUSE = 1

type TimedWord = Required<Word>

/** A recording as the user named it, and its transcript. */
interface Named {
  name: string
  transcript: Transcript
}

/**
 * Transcripts as files of their kinds hold them.
 *
 * @param labelled whether lines of text say which recording they are of
 * @throws UsageError for formats of times where the model knows none
 */
export function formatted(transcripts: readonly Named[], format: Format, labelled: boolean): string {
  if (format === 'json') return `${JSON.stringify(transcripts.map(entry), null, 2)}\n`
  if (format === 'ctm') return transcripts.map(({ name, transcript }) => ctm(name, timed(transcript, format))).join('')
  if (format === 'text') return transcripts.map(({ name, transcript: { text } }) => (labelled ? `${name}\t${text}\n` : `${text}\n`)).join('')
  return transcripts.map(({ transcript }) => {
    const captions = captionsOf(timed(transcript, format))
    return format === 'srt' ? srt(captions) : vtt(captions)
  }).join('')
}

/** @throws UsageError where captions of several recordings are asked for */
export function expectOne(names: readonly string[], format: Format): void {
  if ((format !== 'srt' && format !== 'vtt') || names.length === 1) return
  throw new UsageError(`--format ${format} holds one recording, got ${names.length}: give one file at a time.`)
}

function entry({ name, transcript: { text, duration, words, warning, alternatives } }: Named): object {
  const more = { ...(warning !== undefined && { warning }) }
  return { file: name, text, duration, words: words.map(rounded), ...more, ...(alternatives && { alternatives: alternatives.map((one) => ({ ...one, words: one.words.map(rounded) })) }) }
}

/** Beyond four digits a confidence says nothing. */
function rounded(word: Word): Word {
  return { ...word, confidence: Math.round(10_000 * word.confidence) / 10_000 }
}

function timed({ words }: Transcript, format: Format): TimedWord[] {
  if (words.some(({ start, end }) => start === undefined || end === undefined)) {
    throw new UsageError(`--format ${format} needs the times of words, which an attention decoder without CTC does not know: use text or json.`)
  }
  return words as TimedWord[]
}

/** NIST's: recording, channel, start, duration, word, confidence. */
function ctm(name: string, words: readonly TimedWord[]): string {
  const recording = basename(name, extname(name)).replaceAll(/\s+/gu, '_')
  return words.map(({ word, start, end, confidence }) =>
    `${recording} 1 ${start.toFixed(3)} ${(end - start).toFixed(3)} ${word} ${confidence.toFixed(3)}\n`).join('')
}

interface Caption {
  start: number
  end: number
  text: string
}

/** Words until a pause, or until the caption is long. */
function captionsOf(words: readonly TimedWord[]): Caption[] {
  const captions: Caption[] = []
  for (const { word, start, end } of words) {
    const last = captions.at(-1)
    const fits = last && start - last.end <= CAPTION_PAUSE && end - last.start <= CAPTION_SECONDS && last.text.length + 1 + word.length <= CAPTION_LENGTH
    if (!fits) captions.push({ start, end, text: word })
    else Object.assign(last, { end, text: `${last.text} ${word}` })
  }
  return captions
}

function srt(captions: readonly Caption[]): string {
  return captions.map(({ start, end, text }, i) => `${i + 1}\n${clock(start, ',')} --> ${clock(end, ',')}\n${text}\n`).join('\n')
}

function vtt(captions: readonly Caption[]): string {
  return `WEBVTT\n${captions.map(({ start, end, text }) => `\n${clock(start, '.')} --> ${clock(end, '.')}\n${escaped(text)}\n`).join('')}`
}

/** WebVTT reads & and < as the beginnings of entities and tags. */
function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}

/** 01:02:03,004 */
function clock(seconds: number, point: string): string {
  const milliseconds = Math.round(1000 * seconds)
  const two = (value: number): string => String(Math.floor(value)).padStart(2, '0')
  return `${two(milliseconds / 3_600_000)}:${two((milliseconds / 60_000) % 60)}:${two((milliseconds / 1000) % 60)}` +
    `${point}${String(milliseconds % 1000).padStart(3, '0')}`
}
