import type { Features } from '@parlance/audio'
import { escapeHtml, inference, type ReportFigure, type ReportSection } from '@parlance/nn'
import { tf } from '@parlance/runtime'
import type { Tokenizer } from '@parlance/tokenizer'
import type { CtcModel } from './model.js'
import { encodePng } from './png.js'
import type { Recordings } from './recordings.js'
import type { ValidationResult } from './validation.js'

const SAMPLES = 10

/** The table of results at the top of the report. */
export function reportFigures(parameters: number, result: ValidationResult | undefined): ReportFigure[] {
  const figures: ReportFigure[] = [{ name: 'Parameters', value: parameters, convention: 'numbers in the weights' }]
  if (!result) return figures
  const { rate, substitutions, deletions, insertions, referenceLength } = result.errors
  return [
    ...figures,
    {
      name: 'WER',
      value: `${(100 * rate).toFixed(2)}%`,
      convention: `${substitutions} substitutions, ${deletions} deletions, ${insertions} insertions in ${referenceLength} words ` +
        'of the validation manifest, greedy, no normalisation',
    },
    { name: 'CTC loss', value: result.loss.toPrecision(4), convention: 'nats a token, validation manifest' },
  ]
}

/** Transcripts, and what the model hears in one recording. */
export async function reportSections(
  model: CtcModel,
  recordings: Recordings,
  tokenizer: Tokenizer,
  validate: (() => Promise<ValidationResult>) | undefined,
): Promise<ReportSection[]> {
  const picture = await posteriorPicture(model, recordings.features(0), tokenizer)
  const heard = { title: `What the model hears: ${recordings.utterances[0]?.text}`, html: picture }
  const result = await validate?.()
  if (!result) return [heard]
  const lines = recordings.utterances
    .slice(0, SAMPLES)
    .map(({ text }, i) => `spoken  ${text}\nheard   ${result.hypotheses[i]}\n`)
  return [{ title: 'Transcripts', text: lines.join('\n') }, heard]
}

/** The log-mel spectrogram above the probability of every token over time, dark for much. */
async function posteriorPicture(model: CtcModel, features: Features, tokenizer: Tokenizer): Promise<string> {
  const { frames, bins, data } = features
  if (frames === 0) return '<p>The recording is shorter than one frame.</p>'
  const probabilities = tf.tidy(() => {
    const lengths = tf.tensor1d([frames], 'int32')
    return tf.softmax(model.forward(tf.tensor3d(data, [1, frames, bins]), lengths, inference).logits)
  })
  const [, steps, vocabSize] = probabilities.shape as [number, number, number]
  const values = await probabilities.data()
  probabilities.dispose()
  const low = data.reduce((least, value) => Math.min(least, value), Infinity)
  const high = data.reduce((most, value) => Math.max(most, value), -Infinity)
  const spectrogram = pixels(frames, bins, (t, b) => ((data[t * bins + bins - 1 - b] as number) - low) / Math.max(high - low, 1e-9))
  const posteriors = pixels(steps, vocabSize, (t, v) => values[t * vocabSize + v] as number)
  const row = 14
  const top = 130
  const names = Array.from({ length: vocabSize }, (_, v) =>
    `<text x="64" y="${top + row * (v + 0.8)}" text-anchor="end" font-size="11" fill="currentColor">${escapeHtml(shown(tokenizer.idToToken(v)))}</text>`)
  const seconds = `${frames} feature frames, ${steps} encoder frames`
  return `<svg viewBox="0 0 1000 ${top + row * vocabSize + 18}" width="100%" role="img" aria-label="Spectrogram and token probabilities">
${image(spectrogram, frames, bins, 0, 120)}
${image(posteriors, steps, vocabSize, top, row * vocabSize)}
${names.join('\n')}
<text x="70" y="${top + row * vocabSize + 14}" font-size="11" fill="currentColor">${seconds}, left to right</text>
</svg>`
}

function shown(token: string): string {
  return token === ' ' ? 'space' : token
}

/** (height, width) gray values of `darkness(x, y)`, 0 to 1. */
function pixels(width: number, height: number, darkness: (x: number, y: number) => number): Uint8Array {
  const gray = new Uint8Array(width * height)
  for (let y = 0; y < height; y++) for (let x = 0; x < width; x++) gray[y * width + x] = Math.round(255 * (1 - darkness(x, y)))
  return gray
}

function image(gray: Uint8Array, width: number, height: number, y: number, shownHeight: number): string {
  const data = encodePng(gray, width, height).toString('base64')
  return `<image x="70" y="${y}" width="930" height="${shownHeight}" preserveAspectRatio="none" style="image-rendering:pixelated" href="data:image/png;base64,${data}"/>`
}
