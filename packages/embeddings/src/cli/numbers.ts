import { InvalidArgumentError } from 'commander'

/** Reads a whole number from `least` on. */
export function wholeNumber(least: number): (text: string) => number {
  return (text) => {
    if (!/^[0-9]+$/.test(text) || Number(text) < least) throw new InvalidArgumentError(`Expected a whole number from ${least}.`)
    return Number(text)
  }
}

/** Reads a number of 0 or more; 1e-4 is one. */
export function positiveNumber(text: string): number {
  const value = Number(text)
  if (text.trim() === '' || !(value >= 0 && value < Infinity)) throw new InvalidArgumentError('Expected a number of 0 or more.')
  return value
}
