/** The vocabulary of the toy language pair. */

type Gender = 'o' | 'a' | 'e'

export interface Noun {
  one: string
  many: string
  /** In the target language; only most of the endings give the gender away. */
  target: string
  gender: Gender
}

export interface Verb {
  base: string
  third: string
  past: string
  /** Stem in the target language. */
  target: string
}

const noun = (one: string, many: string, target: string, gender: Gender): Noun => ({ one, many, target, gender })
const verb = (base: string, third: string, past: string, target: string): Verb => ({ base, third, past, target })

/** Who can act. */
export const BEINGS: readonly Noun[] = [
  noun('dog', 'dogs', 'talo', 'o'), noun('cat', 'cats', 'mira', 'a'), noun('man', 'men', 'doko', 'o'),
  noun('woman', 'women', 'sena', 'a'), noun('child', 'children', 'pilte', 'e'), noun('bird', 'birds', 'fivu', 'a'),
  noun('horse', 'horses', 'garun', 'o'), noun('teacher', 'teachers', 'lumido', 'o'), noun('farmer', 'farmers', 'benko', 'o'),
  noun('queen', 'queens', 'rasila', 'a'), noun('friend', 'friends', 'ume', 'e'), noun('doctor', 'doctors', 'hepar', 'a'),
]

export const OBJECTS: readonly Noun[] = [
  noun('house', 'houses', 'kasuna', 'a'), noun('book', 'books', 'libelo', 'o'), noun('apple', 'apples', 'nopa', 'a'),
  noun('boat', 'boats', 'jarke', 'e'), noun('stone', 'stones', 'duro', 'o'), noun('letter', 'letters', 'sirta', 'a'),
  noun('key', 'keys', 'klin', 'e'), noun('lamp', 'lamps', 'vosa', 'a'), noun('tree', 'trees', 'arbin', 'o'),
  noun('cup', 'cups', 'tefe', 'e'), noun('flower', 'flowers', 'lilu', 'e'), noun('egg', 'eggs', 'ovo', 'o'),
]

export const PLACES: readonly Noun[] = [
  noun('garden', 'gardens', 'hortela', 'a'), noun('river', 'rivers', 'wadur', 'o'), noun('school', 'schools', 'skole', 'e'),
  noun('market', 'markets', 'merko', 'o'), noun('forest', 'forests', 'silva', 'a'), noun('bridge', 'bridges', 'ponte', 'e'),
]

/** [source preposition, target postposition] */
export const PREPOSITIONS: readonly (readonly [string, string])[] = [['in', 'ni'], ['near', 'apu'], ['behind', 'taras']]

/** [source, stem in the target language] */
export const ADJECTIVES: readonly (readonly [string, string])[] = [
  ['old', 'vet'], ['small', 'mik'], ['big', 'grom'], ['red', 'rus'], ['white', 'blan'], ['good', 'bun'], ['young', 'jun'],
  ['green', 'zel'], ['heavy', 'pes'], ['quiet', 'tis'], ['happy', 'gaj'], ['poor', 'pov'],
]

export const TRANSITIVE: readonly Verb[] = [
  verb('see', 'sees', 'saw', 'vid'), verb('find', 'finds', 'found', 'trov'), verb('take', 'takes', 'took', 'pren'),
  verb('like', 'likes', 'liked', 'lub'), verb('carry', 'carries', 'carried', 'nos'), verb('buy', 'buys', 'bought', 'kup'),
  verb('sell', 'sells', 'sold', 'prod'), verb('forget', 'forgets', 'forgot', 'oblid'), verb('hide', 'hides', 'hid', 'kel'),
  verb('want', 'wants', 'wanted', 'hoc'), verb('paint', 'paints', 'painted', 'pik'), verb('lose', 'loses', 'lost', 'perd'),
]

export const INTRANSITIVE: readonly Verb[] = [
  verb('sleep', 'sleeps', 'slept', 'dorm'), verb('sing', 'sings', 'sang', 'kant'), verb('wait', 'waits', 'waited', 'atend'),
  verb('run', 'runs', 'ran', 'bej'), verb('laugh', 'laughs', 'laughed', 'smeh'), verb('work', 'works', 'worked', 'rob'),
]

/** [source, target, plural] */
export const PRONOUNS: readonly (readonly [string, string, boolean])[] = [
  ['he', 'ol', false], ['she', 'al', false], ['we', 'nu', true], ['they', 'oli', true],
]

export type Tense = 'present' | 'past' | 'future'

/** [source, target, the tense that goes with it] */
export const TIMES: readonly (readonly [string, string, Tense])[] = [
  ['today', 'hodi', 'present'], ['every day', 'omnidi', 'present'], ['yesterday', 'verdi', 'past'],
  ['last night', 'nokver', 'past'], ['tomorrow', 'mordi', 'future'], ['soon', 'bald', 'future'],
]
