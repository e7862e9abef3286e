/** Wrong usage: a flag, a config field or a combination that cannot work. Command lines exit with code 2 for it. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}
