/** @throws RangeError for what is no whole number of 1 or more */
export function checkCount(what: string, value: number): void {
  if (!Number.isSafeInteger(value) || value < 1) {
    throw new RangeError(`${what} must be a whole number of 1 or more, got ${value}.`)
  }
}

/** @throws RangeError for what is no number */
export function checkNumber(what: string, value: number): void {
  if (!Number.isFinite(value)) throw new RangeError(`${what} must be a number, got ${value}.`)
}

/** @throws RangeError for what is no number from 0 to 1 */
export function checkShare(what: string, value: number): void {
  if (!(value >= 0 && value <= 1)) throw new RangeError(`${what} must be a number from 0 to 1, got ${value}.`)
}
