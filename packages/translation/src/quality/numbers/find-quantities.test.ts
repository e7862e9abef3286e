import { describe, expect, it } from 'vitest'
import { compareNumbers } from './compare-numbers.js'
import { english } from './english.js'
import { findQuantities } from './find-quantities.js'
import { french } from './french.js'
import { german } from './german.js'
import { readNumeral, readRoman } from './numerals.js'

const LANGUAGES = { en: english, de: german, fr: french }

/** The first reading of each number that has to be there. */
function values(language: keyof typeof LANGUAGES, text: string): (number | undefined)[] {
  return findQuantities(text, LANGUAGES[language]).filter(({ optional }) => !optional).map(({ readings }) => readings[0])
}

describe('findQuantities', () => {
  it.each([
    ['en', 'three hundred and twenty-five', [325]],
    ['en', 'two million four hundred thousand and six', [2_400_006]],
    ['en', 'nineteen eighty-four', [1984]],
    ['en', 'four score', [4]],
    ['en', 'between five and six', [5, 6]],
    ['en', 'twenty and thirty', [20, 30]],
    ['en', 'the twenty-first of June', [21]],
    ['en', 'two and a half years', [2.5]],
    ['en', 'three dozen', [36]],
    ['en', '1.5 million', [1_500_000]],
    ['en', 'seven, eight, nine', [7, 8, 9]],
    ['de', 'dreihundertfünfundzwanzigtausendsechshundertelf', [325_611]],
    ['de', 'einundzwanzig', [21]],
    ['de', 'neunzehnhundertsiebzig', [1970]],
    ['de', 'am einunddreißigsten Mai', [31]],
    ['de', 'der dritte, der siebte und der zwölfte', [3, 7, 12]],
    ['de', 'zweieinhalb', [2.5]],
    ['de', '2,5 Milliarden', [2_500_000_000]],
    ['de', 'eine Million', [1_000_000]],
    ['de', 'dreimal', [3]],
    ['de', 'Viertel vor acht', [7.75]],
    ['de', 'drei viertel acht', [7.75]],
    ['de', 'Viertel acht', [7.25]],
    ['fr', 'soixante-quinze', [75]],
    ['fr', 'quatre-vingt-onze', [91]],
    ['fr', 'deux cent quatre-vingt mille', [280_000]],
    ['fr', 'vingt et un', [21]],
    ['fr', 'septante-deux', [72]],
    ['fr', 'mille neuf cent dix-huit', [1918]],
    ['fr', 'le vingt-cinquième', [25]],
    ['fr', 'huit heures moins le quart', [7.75]],
    ['fr', '3 h 20', [3 + 20 / 60]],
  ] as const)('reads (%s) "%s" as %j', (language, text, expected) => {
    expect(values(language, text)).toEqual(expected)
  })

  it('takes words that may be none for optional', () => {
    for (const [language, text] of [['en', 'one of these seconds'], ['de', 'eine von diesen Sekunden'], ['fr', "l'un de ceux-ci"]] as const) {
      expect(values(language, text)).toEqual([])
    }
  })
})

describe('readNumeral', () => {
  it.each([
    ['1,250.50', [1250.5]],
    ['1.250,50', [1250.5]],
    ['1.250', [1250, 1.25]],
    ['12 000', [12_000]],
    ['7:30', [7.5]],
    ['0,5', [0.5]],
    ['1984', [1984]],
  ])('reads %s as %j', (text, readings) => {
    expect(new Set(readNumeral(text))).toEqual(new Set(readings))
  })
})

describe('readRoman', () => {
  it('reads numerals below forty, in their shortest form, of two letters at least', () => {
    const read = ['II', 'IV', 'VIII', 'XIV', 'XIX', 'XXXIX', 'IIII', 'VX', 'X', 'MIX'].map(readRoman)
    expect(read).toEqual([2, 4, 8, 14, 19, 39, undefined, undefined, undefined, undefined])
  })
})

describe('compareNumbers', () => {
  it('compares multisets', () => {
    expect(compareNumbers('two and two', 'zwei und zwei', 'en', 'de')).toBeUndefined()
    expect(compareNumbers('two and two', 'zwei und drei', 'en', 'de')).toEqual({ missing: ['two'], extra: ['drei'] })
  })

  it('lets hours of either half of the day agree, and other numbers not', () => {
    expect(compareNumbers("at 3 o'clock", 'um 15 Uhr', 'en', 'de')).toBeUndefined()
    expect(compareNumbers('3 cats', '15 Katzen', 'en', 'de')).toBeDefined()
  })

  it('of unknown languages compares digits, where both have some', () => {
    expect(compareNumbers('3 cats', 'tre gatti', 'en', 'it')).toBeUndefined()
    expect(compareNumbers('3 cats', '4 gatti', 'en', 'it')).toEqual({ missing: ['3'], extra: ['4'] })
    expect(compareNumbers('3 cats', '3 gatti')).toBeUndefined()
  })

  it('works between German and French', () => {
    expect(compareNumbers('einundneunzig Bücher', 'quatre-vingt-onze livres', 'de', 'fr')).toBeUndefined()
    expect(compareNumbers('einundneunzig Bücher', 'quatre-vingt-un livres', 'de', 'fr')).toBeDefined()
  })
})
