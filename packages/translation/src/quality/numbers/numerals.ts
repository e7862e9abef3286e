/**
 * What digits with separators may stand for. A point or comma before three digits groups thousands or begins decimals,
 * by language and by habit, so both are readings; hours and minutes are read as hours.
 */
export function readNumeral(text: string): number[] {
  const readings = new Set<number>()
  const clock = /^(\d{1,2})[:.](\d{2})$/.exec(text)
  if (clock && Number(clock[1]) <= 24 && Number(clock[2]) < 60) readings.add(Number(clock[1]) + Number(clock[2]) / 60)
  const grouped = text.replace(/[ \u00A0\u202F']/g, '')
  if (/^\d+$/.test(grouped)) readings.add(Number(grouped))
  if (/^\d{1,3}(?:,\d{3})+(?:\.\d+)?$/.test(grouped)) readings.add(Number(grouped.replaceAll(',', '')))
  if (/^\d{1,3}(?:\.\d{3})+(?:,\d+)?$/.test(grouped)) readings.add(Number(grouped.replaceAll('.', '').replace(',', '.')))
  if (/^\d+[.,]\d+$/.test(grouped)) readings.add(Number(grouped.replace(',', '.')))
  if (readings.size === 0) for (const part of grouped.match(/\d+/g) ?? []) readings.add(Number(part))
  return [...readings]
}

/** The value of a Roman numeral of at least two letters in its shortest form. */
export function readRoman(word: string): number | undefined {
  if (word.length < 2 || !ROMAN.test(word)) return undefined
  let value = 0
  for (const [i, letter] of [...word].entries()) {
    const digit = ROMAN_DIGITS[letter] as number
    value += digit < (ROMAN_DIGITS[word[i + 1] ?? ''] ?? 0) ? -digit : digit
  }
  return value
}

const ROMAN = /^X{0,3}(?:IX|IV|V?I{0,3})$/
const ROMAN_DIGITS: Readonly<Record<string, number>> = { I: 1, V: 5, X: 10 }
