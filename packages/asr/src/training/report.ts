import type { Features } from '@parlance/audio'
import {
  alignCtc, ctcLatticeSvg, escapeHtml, inference, rnntAlignments, rnntLatticeSvg, type ReportFigure, type ReportSection,
} from '@parlance/nn'
import { tf } from '@parlance/runtime'
import type { Tokenizer } from '@parlance/tokenizer'
import { BLANK } from '../tokens/blank.js'
import type { TrainingConfig } from '../config.js'
import type { RecognizerModel } from '../model/recognizer.js'
import { encodePng } from './png.js'
import type { Recordings } from './recordings.js'
import { secondsPerFrame } from '../speech/speech-features.js'
import type { ValidationResult } from './validation.js'

const SAMPLES = 10
/** Beyond these a drawing would say nothing. */
const DRAWN = { tokens: 40, labels: 60 }

/** The table of results at the top of the report. */
export function reportFigures({ config }: RecognizerModel, parameters: number, result: ValidationResult | undefined): ReportFigure[] {
  const figures: ReportFigure[] = [{ name: 'Parameters', value: parameters, convention: 'numbers in the weights' }]
  if (!result) return figures
  const { rate, substitutions, deletions, insertions, referenceLength } = result.errors
  const kind = { ctc: 'CTC', transducer: 'transducer', attention: 'cross-entropy' }[config.architecture]
  const mixed = config.architecture !== 'ctc' && config.ctcWeight > 0 ? `${kind} at ${1 - config.ctcWeight}, CTC at ${config.ctcWeight}` : kind
  return [
    ...figures,
    {
      name: 'WER',
      value: `${(100 * rate).toFixed(2)}%`,
      convention: `${substitutions} substitutions, ${deletions} deletions, ${insertions} insertions in ${referenceLength} words ` +
        'of the validation manifest, greedy, no normalisation',
    },
    { name: 'Loss', value: result.loss.toPrecision(4), convention: `${mixed}; nats a token, validation manifest` },
  ]
}

/** Transcripts, and what the model hears in one recording. */
export async function reportSections(
  model: RecognizerModel,
  recordings: Recordings,
  config: TrainingConfig,
  validate: (() => Promise<ValidationResult>) | undefined,
): Promise<ReportSection[]> {
  const heard = await heardSections(model, recordings, config)
  const result = await validate?.()
  if (!result) return heard
  const lines = recordings.utterances
    .slice(0, SAMPLES)
    .map(({ text }, i) => `spoken  ${text}\nheard   ${result.hypotheses[i]}\n`)
  return [{ title: 'Transcripts', text: lines.join('\n') }, ...heard]
}

/** The first recording as the model sees it: token probabilities of every frame, and its labels on the lattice of its loss. */
async function heardSections(model: RecognizerModel, recordings: Recordings, config: TrainingConfig): Promise<ReportSection[]> {
  const { tokenizer } = recordings
  const features = recordings.features(0)
  const labels = [...(recordings.labels[0] as Int32Array)]
  const title = `: ${recordings.utterances[0]?.text}`
  if (features.frames === 0) return [{ title: `What the model hears${title}`, html: '<p>The recording is shorter than one frame.</p>' }]
  const sections: ReportSection[] = []
  const { encoded, frames } = encode(model, features)
  const drawing = {
    labels: labels.map((id) => shown(tokenizer.idToToken(id))),
    secondsPerFrame: secondsPerFrame(config.features) * model.config.encoder.subsampling,
  }
  const drawable = labels.length > 0 && labels.length <= DRAWN.labels
  if (model.ctc) {
    const logits = tf.tidy(() => (model.ctc as NonNullable<typeof model.ctc>).forward(encoded))
    const [scores, probabilities] = [await logits.data(), tf.tidy(() => tf.softmax(logits).dataSync())]
    const vocabSize = tokenizer.vocabSize
    if (vocabSize <= DRAWN.tokens) {
      sections.push({ title: `What the model hears${title}`, html: posteriorPicture(features, probabilities as Float32Array, frames, tokenizer) })
    }
    if (drawable && recordings.fits(0)) {
      sections.push({ title: `CTC alignment${title}`, html: ctcLatticeSvg(alignCtc(scores as Float32Array, vocabSize, labels, BLANK), drawing) })
    }
    logits.dispose()
  }
  // An alignment with durations skips frames: it is none of that lattice.
  if (model.transducer && !model.config.transducer.durations && drawable) {
    const targets = {
      labels: tf.tensor2d([labels], undefined, 'int32'), frameLengths: tf.tensor1d([frames], 'int32'), labelLengths: tf.tensor1d([labels.length], 'int32'),
    }
    const lattice = tf.tidy(() => (model.transducer as NonNullable<typeof model.transducer>).lattice(encoded, targets.labels, inference))
    const [alignment] = rnntAlignments(lattice, targets, { blank: BLANK })
    if (alignment) sections.push({ title: `Transducer alignment${title}`, html: rnntLatticeSvg(alignment, drawing) })
    tf.dispose([lattice, Object.values(targets)])
  }
  encoded.dispose()
  return sections
}

/** (1, T', width), and T'. */
function encode(model: RecognizerModel, { frames, bins, data }: Features): { encoded: tf.Tensor; frames: number } {
  const encoded = tf.tidy(() => model.encode(tf.tensor3d(data, [1, frames, bins]), tf.tensor1d([frames], 'int32'), inference).encoded)
  return { encoded, frames: encoded.shape[1] as number }
}

/** The log-mel spectrogram above the probability of every token over time, dark for much. */
function posteriorPicture({ frames, bins, data }: Features, values: Float32Array, steps: number, tokenizer: Tokenizer): string {
  const { vocabSize } = tokenizer
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
