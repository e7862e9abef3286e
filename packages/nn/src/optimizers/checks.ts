/** @throws RangeError unless every value lies strictly between 0 and 1. */
export function checkFractions(optimizer: string, values: Readonly<Record<string, number>>): void {
  for (const [name, value] of Object.entries(values)) {
    if (!(value > 0 && value < 1)) {
      throw new RangeError(`${optimizer}'s ${name} must lie between 0 and 1, got ${value}.`)
    }
  }
}

/** @throws RangeError unless every value is at least 0 and less than 1. */
export function checkMomentum(optimizer: string, values: Readonly<Record<string, number>>): void {
  for (const [name, value] of Object.entries(values)) {
    if (!(value >= 0 && value < 1)) {
      throw new RangeError(`${optimizer}'s ${name} must be at least 0 and less than 1, got ${value}.`)
    }
  }
}

/** @throws RangeError unless every value is a number of 0 or more. */
export function checkNotNegative(optimizer: string, values: Readonly<Record<string, number>>): void {
  for (const [name, value] of Object.entries(values)) {
    if (!(value >= 0)) throw new RangeError(`${optimizer}'s ${name} must be 0 or more, got ${value}.`)
  }
}
