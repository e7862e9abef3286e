import { Random } from '@parlance/runtime'

export const SIZE = 28

/** Strokes of each digit, as on a seven-segment display, on a grid of 2 × 4: x₁, y₁, x₂, y₂. */
const SEGMENTS = { a: [0, 0, 2, 0], b: [2, 0, 2, 2], c: [2, 2, 2, 4], d: [0, 4, 2, 4], e: [0, 2, 0, 4], f: [0, 0, 0, 2], g: [0, 2, 2, 2] } as const
const DIGITS = ['abcdef', 'bc', 'abged', 'abgcd', 'fgbc', 'afgcd', 'afgedc', 'abc', 'abcdefg', 'abcdfg']

/** Images (count, 28, 28, 1) in 0 … 1 and their classes one-hot (count, 10). */
export interface Digits {
  images: Float32Array
  labels: Float32Array
  count: number
}

/**
 * Draws digits, each slanted, scaled, moved, of another thickness and under noise: a task that a small convolution
 * network learns in a few epochs and that a linear one does not.
 */
export function drawDigits(count: number, seed: number): Digits {
  const random = new Random(seed, 'digits')
  const images = new Float32Array(count * SIZE * SIZE)
  const labels = new Float32Array(count * DIGITS.length)
  for (let n = 0; n < count; n++) {
    const digit = random.integer(DIGITS.length)
    labels[n * DIGITS.length + digit] = 1
    drawDigit(images.subarray(n * SIZE * SIZE, (n + 1) * SIZE * SIZE), DIGITS[digit] as string, random)
  }
  return { images, labels, count }
}

function drawDigit(image: Float32Array, strokes: string, random: Random): void {
  const [noise, between] = [random.uniform(SIZE * SIZE), random.uniform(6)]
  const within = (i: number, low: number, high: number) => low + (between[i] as number) * (high - low)
  const [scaleX, scaleY, slant, thickness] = [within(0, 3, 5.5), within(1, 3, 4.5), within(2, -0.5, 0.5), within(3, 0.7, 1.6)]
  const [left, top] = [within(4, 4, 20 - 2 * scaleX + 3), within(5, 3, 25 - 4 * scaleY)]
  const place = (x: number, y: number) => [left + x * scaleX + slant * (4 - y), top + y * scaleY] as const
  const lines = [...strokes].map((name) => {
    const [x1, y1, x2, y2] = SEGMENTS[name as keyof typeof SEGMENTS]
    return [place(x1, y1), place(x2, y2)] as const
  })
  for (let y = 0; y < SIZE; y++) {
    for (let x = 0; x < SIZE; x++) {
      const distance = Math.min(...lines.map(([from, to]) => distanceToLine(x, y, from, to)))
      const ink = Math.min(1, Math.max(0, thickness + 0.5 - distance))
      image[y * SIZE + x] = Math.min(1, 0.8 * ink + 0.3 * (noise[y * SIZE + x] as number))
    }
  }
}

type Point = readonly [x: number, y: number]

function distanceToLine(x: number, y: number, [x1, y1]: Point, [x2, y2]: Point): number {
  const [dx, dy] = [x2 - x1, y2 - y1]
  const along = Math.min(1, Math.max(0, ((x - x1) * dx + (y - y1) * dy) / (dx * dx + dy * dy)))
  return Math.hypot(x - x1 - along * dx, y - y1 - along * dy)
}
