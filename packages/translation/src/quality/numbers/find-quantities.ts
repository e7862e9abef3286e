import { isWord, textTokens } from '../text-tokens.js'
import { readNumeral, readRoman } from './numerals.js'
import type { NumberLanguage, NumberWord, Quantity } from './quantity.js'

/**
 * The numbers that a text speaks of, in digits and, when the language is known, in words, in their order.
 *
 * Number words are joined as the grammar of numerals does: "two hundred and twenty-one", "quatre-vingt-dix-sept",
 * "1,5 Millionen"; a year in two halves ("nineteen eighty-four") is read as a year.
 */
export function findQuantities(text: string, language: NumberLanguage | undefined): Quantity[] {
  const tokens = textTokens(language ? text.toLowerCase().replace(language.idioms, ' ') : text)
  const found: Quantity[] = romanNumerals(text)
  let numeral = new Numeral()
  const close = () => {
    const quantity = numeral.quantity()
    if (quantity) found.push(quantity)
    numeral = new Numeral()
  }
  for (let i = 0; i < tokens.length; i++) {
    const token = tokens[i] as string
    const time = language?.time(tokens, i)
    if (time) {
      close()
      const text = tokens.slice(i, i + time.length).join(' ')
      found.push({ readings: [time.hour], optional: time.hour < 2, hour: true, text })
      i += time.length - 1
      continue
    }
    if (/^\d/.test(token)) {
      close()
      numeral.addDigits(token, readNumeral(token))
      numeral.mark(tokens, i, language)
      continue
    }
    const number = isWord(token) ? language?.word(token) : undefined
    if (number) {
      if (!numeral.fits(number)) close()
      numeral.add(token, number)
      numeral.mark(tokens, i, language)
      continue
    }
    if (!language || (token !== '-' && !joins(tokens, i, numeral, language))) close()
  }
  close()
  return found
}

/** Whether a numeral goes on after the token at `index`: an "and", or the article in "and a half". */
function joins(tokens: readonly string[], index: number, numeral: Numeral, language: NumberLanguage): boolean {
  if (language.joiners.has(tokens[index] as string)) return numeral.fitsAfterJoiner(afterJoiner(tokens, index, language))
  return language.joiners.has(tokens[index - 1] ?? '') && language.word(tokens[index + 1] ?? '')?.role === 'half'
}

/** The number that follows the "and" at `index`: "and a half", "et-un", "and one". */
function afterJoiner(tokens: readonly string[], index: number, language: NumberLanguage): NumberWord | undefined {
  const [next = '', afterNext = ''] = tokens.slice(index + 1, index + 3)
  const number = language.word(next)
  const later = language.word(afterNext)
  return number ?? (next === '-' || later?.role === 'half' ? later : undefined)
}

/** A numeral as it is read word by word. */
class Numeral {
  private words: string[] = []
  /** Thousands and millions that are complete. */
  private total = 0
  private current = 0
  private readings: readonly number[] | undefined
  private others: readonly number[] = []
  private optional = true
  private ended = false
  private hour = false

  /** Whether `number` goes on with this numeral. */
  fits(number: NumberWord): boolean {
    if (this.words.length === 0) return true
    if (number.role === 'half') return number.value === 0.5 && this.readings === undefined
    if (this.ended || number.role === 'alone') return false
    const { value } = number
    if (number.role === 'scale' && value > 100) return this.scalable(value)
    if (number.role === 'scale') return this.current > 0 && (value < 100 || this.current < 100)
    if (this.readings !== undefined) return false
    const { current } = this
    if (current === 0) return value < 1000
    if (current % 100 === 0) return value < 100
    const rest = current % 100
    if (rest === 4 && value === 20) return true
    if ((rest === 60 || rest === 80) && value < 20) return true
    if (rest % 20 === 10 && value >= 7 && value < 10 && this.words.at(-1) === 'dix') return true
    if (rest >= 20 && rest % 10 === 0 && value < 10) return true
    return this.total === 0 && current >= 10 && current <= 20 && value >= 10
  }

  fitsAfterJoiner(next: NumberWord | undefined): boolean {
    if (next === undefined || this.words.length === 0) return false
    if (next.role === 'half') return this.fits(next)
    if (next.role === 'scale' || next.role === 'alone') return false
    // "Two hundred and one", "vingt et un", but not "twenty and five".
    const tens = this.current % 100
    return this.fits(next) && (this.total > 0 || this.current >= 100 || ((next.value === 1 || next.value === 11) && tens >= 20))
  }

  add(word: string, number: NumberWord): void {
    const { value, role } = number
    this.words.push(word)
    this.optional &&= number.optional ?? false
    if (role === 'half' && this.words.length > 1) {
      this.others = [...this.others, this.value()]
      this.current += value
    } else if (role === 'scale' && this.readings !== undefined) {
      this.readings = this.readings.map((reading) => reading * value)
    } else if (role === 'scale' && value > 100) {
      this.total += (this.current === 0 ? 1 : this.current) * value
      this.current = 0
    } else if (role === 'scale') {
      this.current = (this.current === 0 ? 1 : this.current) * value
    } else if (this.current % 100 === 4 && value === 20) {
      this.current += 76
    } else if (this.isYear(value)) {
      this.current = this.current * 100 + value
    } else {
      this.current += value
    }
    if (number.others) this.others = [...this.others, ...number.others]
    if (role === 'alone' || role === 'half' || role === 'ordinal') this.ended = true
  }

  addDigits(text: string, readings: readonly number[]): void {
    this.words.push(text)
    this.readings = readings
    this.hour = text.includes(':')
    this.optional = false
  }

  /** Takes in what stands around the word at `index`: hours, floors. */
  mark(tokens: readonly string[], index: number, language: NumberLanguage | undefined): void {
    const before = tokens[index - 1] ?? ''
    const after = tokens[index + 1] ?? ''
    if (language?.hourMarks.has(before) || language?.hourMarks.has(after)) this.hour = true
    if (/^'?s$/.test(after) && this.readings) this.readings = [...this.readings, ...this.readings.map((year) => year % 100)]
    if (language?.floors.has(after)) this.others = [...this.others, this.value() - 1, this.value() + 1]
  }

  quantity(): Quantity | undefined {
    if (this.words.length === 0) return undefined
    const readings = this.readings ?? [this.value(), ...this.others]
    return { readings, optional: this.optional, hour: this.hour, text: this.words.join(' ') }
  }

  private value(): number {
    return this.total + this.current
  }

  private scalable(value: number): boolean {
    if (this.readings !== undefined) return true
    return this.current > 0 && (this.total === 0 || this.total > value)
  }

  private isYear(value: number): boolean {
    const { current } = this
    return this.total === 0 && current >= 10 && current <= 20 && value >= 10 && value < 100
  }
}

/** "Henry VIII", "World War II"; not "I", and never required: languages write some of them in words. */
function romanNumerals(text: string): Quantity[] {
  const found: Quantity[] = []
  for (const [word] of text.matchAll(/(?<![\p{L}\d])[XVI]{2,}(?![\p{L}\d])/gu)) {
    const value = readRoman(word)
    if (value !== undefined) found.push({ readings: [value], optional: true, hour: false, text: word })
  }
  return found
}
