import { UsageError } from '@parlance/nn/command-line'

/** A whole number of 1 or more from a flag. */
export function count(flag: string): (text: string) => number {
  return (text) => {
    const value = Number(text)
    if (!Number.isSafeInteger(value) || value < 1) {
      throw new UsageError(`${flag} must be a whole number of 1 or more, got ${JSON.stringify(text)}.`)
    }
    return value
  }
}

/** A number from a flag. */
export function number(flag: string): (text: string) => number {
  return (text) => {
    const value = Number(text)
    if (text.trim() === '' || !Number.isFinite(value)) throw new UsageError(`${flag} must be a number, got ${JSON.stringify(text)}.`)
    return value
  }
}
