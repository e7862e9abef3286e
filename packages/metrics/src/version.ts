/** Of this package, for signatures. */
export const VERSION = '0.1.0'
