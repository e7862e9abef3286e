import { AudioError } from '../errors.js'

/** Metres a second, at 20 °C. */
const SPEED_OF_SOUND = 343
/** Samples on either side of an arrival over which its band-limited pulse is spread. */
const PULSE_REACH = 20
/** Parts of the response in which energies are summed to find the walls' reflection. */
const DECAY_PARTS = 200

/** As in Allen and Berkley, who filter at a hundredth of the sample rate of 8 kHz. */
const HIGH_PASS_HERTZ = 80
const HIGH_PASSES = 2

type Point = readonly [x: number, y: number, z: number]

export interface Room {
  /** Metres. */
  size: Point
  /** Where the speaker is, metres from a corner. */
  source: Point
  /** Where the microphone is. */
  microphone: Point
  /** Seconds in which sound falls by 60 dB, from the slope between -5 and -25 dB. */
  reverberationTime: number
}

/** A mirror image of the source: metres to the microphone beyond the direct path's, its share of it, and walls on the way. */
interface Arrival {
  delay: number
  share: number
  reflections: number
}

/**
 * The impulse response of a rectangular room by the image method (Allen and Berkley 1979), arrivals between samples spread
 * by a windowed sinc (Peterson 1986), without the delay of the direct path and scaled so that this has amplitude 1, without what
 * lies below 80 Hz.
 *
 * All walls reflect alike; how much is found by bisection, so that the energies of the arrivals decay in the time asked for
 * (Sabine's formula is off by half in flat rooms).
 *
 * @param sampleRate Hz
 * @returns shape (reverberationTime · sampleRate)
 * @throws AudioError for points outside the room and for a time that its walls cannot give
 */
export function roomImpulseResponse(room: Room, sampleRate: number): Float32Array {
  const { size, source, microphone, reverberationTime } = room
  for (const [name, point] of [['source', source], ['microphone', microphone]] as const) {
    if (!point.every((value, i) => value > 0 && value < size[i]!)) {
      throw new AudioError(`room: the ${name} at ${point.join(', ')} m must lie inside the room of ${size.join(' x ')} m`)
    }
  }
  const [a, b, c] = size
  const absorption = 0.161 * a * b * c / (2 * (a * b + b * c + a * c) * reverberationTime)
  if (!(absorption > 0 && absorption < 1)) {
    throw new AudioError(`room: a reverberation time of ${reverberationTime} s asks for walls that absorb ${absorption.toFixed(2)} of the sound; use a longer time or a smaller room`)
  }
  const arrivals = arrivalsIn(room)
  const reflection = reflectionFor(arrivals, reverberationTime)
  const response = new Float64Array(Math.max(1, Math.round(reverberationTime * sampleRate)))
  for (const { delay, share, reflections } of arrivals) {
    addPulse(response, delay / SPEED_OF_SOUND * sampleRate, share * reflection ** reflections)
  }
  for (let pass = 0; pass < HIGH_PASSES; pass++) highPass(response, sampleRate)
  return Float32Array.from(response)
}

/** First-order high-pass in place: late arrivals are denser than samples and would add up to a constant. */
function highPass(response: Float64Array, sampleRate: number): void {
  const pole = Math.exp(-2 * Math.PI * HIGH_PASS_HERTZ / sampleRate)
  let before = 0
  let output = 0
  for (let i = 0; i < response.length; i++) {
    const value = response[i]!
    output = pole * output + value - before
    before = value
    response[i] = output
  }
}

function arrivalsIn({ size, source, microphone, reverberationTime }: Room): Arrival[] {
  const direct = Math.hypot(...size.map((_, i) => source[i]! - microphone[i]!))
  const farthest = direct + reverberationTime * SPEED_OF_SOUND
  const [along, across, up] = [0, 1, 2].map((i) => imagesAlong(size[i]!, source[i]!, microphone[i]!, farthest))
  const arrivals: Arrival[] = []
  for (const x of along!) {
    for (const y of across!) {
      for (const z of up!) {
        const path = Math.hypot(x.offset, y.offset, z.offset)
        if (path > farthest) continue
        arrivals.push({ delay: path - direct, share: direct / path, reflections: x.reflections + y.reflections + z.reflections })
      }
    }
  }
  return arrivals
}

/** The mirror images of a source along one axis: their distance from the microphone and how many walls made them. */
function imagesAlong(length: number, source: number, microphone: number, farthest: number): { offset: number; reflections: number }[] {
  const most = Math.ceil(farthest / (2 * length)) + 1
  const images = []
  for (let n = -most; n <= most; n++) {
    images.push({ offset: 2 * n * length + source - microphone, reflections: Math.abs(2 * n) })
    images.push({ offset: 2 * n * length - source - microphone, reflections: Math.abs(2 * n - 1) })
  }
  return images.filter(({ offset }) => Math.abs(offset) <= farthest)
}

/** The amplitude that a wall must leave for the arrivals' energies to decay in `time` seconds. */
function reflectionFor(arrivals: readonly Arrival[], time: number): number {
  const most = arrivals.reduce((largest, { reflections }) => Math.max(largest, reflections), 0)
  // Energies without the walls' part, shape (DECAY_PARTS, most + 1).
  const energies = new Float64Array(DECAY_PARTS * (most + 1))
  for (const { delay, share, reflections } of arrivals) {
    const part = Math.min(DECAY_PARTS - 1, Math.floor(delay / SPEED_OF_SOUND / time * DECAY_PARTS))
    energies[part * (most + 1) + reflections]! += share * share
  }
  const decayParts = (reflection: number): number => {
    const left = new Float64Array(DECAY_PARTS + 1)
    for (let part = DECAY_PARTS - 1; part >= 0; part--) {
      let sum = 0
      for (let r = 0; r <= most; r++) sum += energies[part * (most + 1) + r]! * reflection ** (2 * r)
      left[part] = left[part + 1]! + sum
    }
    const below = (decibels: number) => left.findIndex((value) => value < left[0]! * 10 ** (decibels / 10))
    return 3 * (below(-25) - below(-5))
  }
  let [low, high] = [0, 1]
  for (let step = 0; step < 24; step++) {
    const middle = (low + high) / 2
    if (decayParts(middle) < DECAY_PARTS) low = middle
    else high = middle
  }
  return low
}

function addPulse(response: Float64Array, place: number, amplitude: number): void {
  const first = Math.max(0, Math.ceil(place - PULSE_REACH))
  const last = Math.min(response.length - 1, Math.floor(place + PULSE_REACH))
  for (let i = first; i <= last; i++) {
    const x = i - place
    const sinc = x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x)
    response[i]! += amplitude * sinc * (0.5 + 0.5 * Math.cos(Math.PI * x / PULSE_REACH))
  }
}
