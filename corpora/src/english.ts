import {
  ADJECTIVES, ADVERBS, INTRANSITIVE, MEN, PEOPLE, PLACES, THINGS, TIMES, TRADES, type Trade, TRANSITIVE, WOMEN,
} from './english-words.js'
import { Random } from './random.js'

export interface EnglishOptions {
  seed: number
  /** Number of sentences, one a line. */
  sentences: number
}

/** Whom a sentence is about: decides verb number, pronouns and the reflexive, wherever they come. */
interface Subject {
  plural: boolean
  pronoun: 'he' | 'she' | 'they' | 'it'
}

interface Hero extends Subject {
  name: string
  trade: Trade
}

const POSSESSIVE = { he: 'his', she: 'her', they: 'their', it: 'its' }
const REFLEXIVE = { he: 'himself', she: 'herself', they: 'themselves', it: 'itself' }

/** Sentences of one story. */
const STORY_SENTENCES = { least: 5, most: 9 }

/**
 * Small English-like text from a probabilistic grammar: stories of a few sentences, one sentence a line, a blank line
 * between stories, a few hundred words distributed by Zipf's law.
 *
 * It asks for memory longer than an n-gram's. Within a sentence the subject decides the verb's number and the closing
 * "by himself / herself / themselves" across relative clauses about others. Within a story the hero's name, sex and
 * trade, told at the start, decide later pronouns, the name where it comes back, the place, the tool and the saying
 * that ends the story.
 */
export function generateEnglish({ seed, sentences }: EnglishOptions): string {
  if (!Number.isInteger(sentences) || sentences < 0) throw new RangeError(`sentences must be 0 or more, got ${sentences}`)
  const random = new Random(seed)
  const stories: string[] = []
  for (let left = sentences; left > 0;) {
    const story = tell(random).slice(0, left)
    stories.push(story.map((line) => `${line}\n`).join(''))
    left -= story.length
  }
  return stories.join('\n')
}

function tell(random: Random): string[] {
  const hero = drawHero(random)
  const length = STORY_SENTENCES.least + random.integer(STORY_SENTENCES.most - STORY_SENTENCES.least + 1)
  const { trade } = hero
  const noun = hero.plural ? trade.many : `a ${random.pickZipf(ADJECTIVES.filter(startsWithConsonant))} ${trade.one}`
  const story = [`${hero.name} ${hero.plural ? 'are' : 'is'} ${noun} from the ${random.pickZipf(PLACES)}.`]
  while (story.length < length - 1) story.push(sentence(random, hero))
  story.push(random.chance(0.5)
    ? `"${capitalize(trade.ending)}," ${hero.plural ? 'say' : 'says'} ${hero.name}.`
    : `So ${hero.name} ${verb('go', 'goes', hero)} home with ${POSSESSIVE[hero.pronoun]} ${trade.tool}, for ${trade.ending}.`)
  return story
}

function drawHero(random: Random): Hero {
  const trade = random.pick(TRADES)
  const kind = random.integer(3)
  if (kind === 0) return { name: random.pick(WOMEN), pronoun: 'she', plural: false, trade }
  if (kind === 1) return { name: random.pick(MEN), pronoun: 'he', plural: false, trade }
  return { name: `${random.pick(WOMEN)} and ${random.pick(MEN)}`, pronoun: 'they', plural: true, trade }
}

function sentence(random: Random, hero: Hero): string {
  const draw = random.integer(10)
  if (draw < 3) return capitalize(`${clause(random, hero, address(random, hero))}.`)
  if (draw < 5) {
    const { text, subject } = nounPhrase(random, true)
    return capitalize(`${clause(random, subject, text)}.`)
  }
  if (draw < 6) {
    const other = nounPhrase(random, true)
    return capitalize(`when ${other.text} ${intransitive(random, other.subject)}, ${clause(random, hero, hero.pronoun)}.`)
  }
  if (draw < 7) {
    const other = nounPhrase(random, true)
    const again = `${hero.pronoun} ${predicate(random, hero)}`
    return capitalize(`${clause(random, hero, address(random, hero))}, and though ${other.text} `
      + `${predicate(random, other.subject)}, ${again}.`)
  }
  if (draw < 8) {
    const other = nounPhrase(random, true)
    return capitalize(`at the ${hero.trade.place}, ${other.text} ${verb('ask', 'asks', other.subject)} ${hero.name} `
      + `for the ${random.pickZipf(ADJECTIVES)} ${hero.trade.tool}.`)
  }
  if (draw < 9) {
    return capitalize(`with ${POSSESSIVE[hero.pronoun]} ${hero.trade.tool} in hand, ${address(random, hero)} `
      + `${predicate(random, hero)} near the ${hero.trade.place}.`)
  }
  return capitalize(`${nounPhrase(random, false).text} that ${hero.name} ${transitive(random, hero)} `
    + `${random.chance(0.5) ? 'lies' : 'stands'} behind the ${hero.trade.place}.`)
}

/** Subject, predicate, and now and then a closing that looks back at the subject. */
function clause(random: Random, subject: Subject, text: string): string {
  // A child or a guest may be of either sex: no reflexive then.
  const known = subject.plural || subject.pronoun !== 'they'
  const closing = known && random.chance(0.4) ? ` by ${REFLEXIVE[subject.pronoun]}` : ''
  return `${text} ${predicate(random, subject)}${closing}`
}

function predicate(random: Random, subject: Subject): string {
  const adverb = random.chance(0.25) ? `${random.pickZipf(ADVERBS)} ` : ''
  if (random.chance(0.35)) {
    return `${adverb}${intransitive(random, subject)} ${random.chance(0.5) ? random.pickZipf(TIMES) : `by the ${random.pickZipf(PLACES)}`}`
  }
  return `${adverb}${transitive(random, subject)} ${thing(random)}`
}

const address = (random: Random, hero: Hero) => (random.chance(0.4) ? hero.name : hero.pronoun)

const transitive = (random: Random, subject: Subject) => verb(...random.pickZipf(TRANSITIVE), subject)
const intransitive = (random: Random, subject: Subject) => verb(...random.pickZipf(INTRANSITIVE), subject)

function verb(base: string, third: string, subject: Subject): string {
  return subject.plural ? base : third
}

function thing(random: Random): string {
  const [one, many] = random.pickZipf(THINGS)
  return `the ${random.chance(0.4) ? `${random.pickZipf(ADJECTIVES)} ` : ''}${random.chance(0.5) ? one : many}`
}

/** People in either number, perhaps with a relative clause whose own nouns and verbs stand in between; or one thing. */
function nounPhrase(random: Random, people: boolean): { text: string; subject: Subject } {
  if (!people) {
    const [one] = random.pickZipf(THINGS)
    return { text: `the ${random.pickZipf(ADJECTIVES)} ${one}`, subject: { plural: false, pronoun: 'it' } }
  }
  const plural = random.chance(0.5)
  const [one, many] = random.pickZipf(PEOPLE)
  const subject: Subject = { plural, pronoun: plural ? 'they' : MALE.has(one) ? 'he' : FEMALE.has(one) ? 'she' : 'they' }
  const adjective = random.chance(0.4) ? `${random.pickZipf(ADJECTIVES)} ` : ''
  const head = `the ${adjective}${plural ? many : one}`
  const draw = random.integer(4)
  if (draw === 0) return { text: head, subject }
  if (draw === 1) return { text: `${head} near the ${random.pickZipf(PLACES)}`, subject }
  const otherPlural = random.chance(0.5)
  const [otherOne, otherMany] = random.pickZipf(PEOPLE)
  const other = `the ${random.pickZipf(ADJECTIVES)} ${otherPlural ? otherMany : otherOne}`
  const otherSubject: Subject = { plural: otherPlural, pronoun: 'they' }
  return draw === 2
    ? { text: `${head} who ${transitive(random, subject)} ${other} near the ${random.pickZipf(PLACES)}`, subject }
    : { text: `${head} whom ${other} ${transitive(random, otherSubject)} ${random.pickZipf(TIMES)}`, subject }
}

/** The people whose word says their sex. */
const MALE = new Set(['man', 'king', 'boy'])
const FEMALE = new Set(['woman', 'queen', 'girl'])

const startsWithConsonant = (word: string) => !/^[aeiou]/.test(word)
const capitalize = (text: string) => text.charAt(0).toUpperCase() + text.slice(1)
