/** The words of the generated English, most frequent first where order matters. */

export interface Trade {
  one: string
  many: string
  place: string
  /** What they carry, and how a story about them ends. */
  tool: string
  ending: string
}

export const TRADES: readonly Trade[] = [
  { one: 'sailor', many: 'sailors', place: 'harbour', tool: 'rope', ending: 'the sea gives and the sea takes' },
  { one: 'baker', many: 'bakers', place: 'bakery', tool: 'basket', ending: 'warm bread makes good friends' },
  { one: 'farmer', many: 'farmers', place: 'farm', tool: 'spade', ending: 'every field wants its rain' },
  { one: 'teacher', many: 'teachers', place: 'school', tool: 'book', ending: 'a good question is half the answer' },
  { one: 'doctor', many: 'doctors', place: 'hospital', tool: 'bag', ending: 'sleep heals more than medicine' },
  { one: 'miller', many: 'millers', place: 'mill', tool: 'sack', ending: 'the wheel turns while the water runs' },
  { one: 'painter', many: 'painters', place: 'studio', tool: 'brush', ending: 'light is the first colour' },
  { one: 'gardener', many: 'gardeners', place: 'garden', tool: 'rake', ending: 'roses grow slowly' },
  { one: 'smith', many: 'smiths', place: 'forge', tool: 'hammer', ending: 'iron bends when it is hot' },
  { one: 'fisher', many: 'fishers', place: 'lake', tool: 'net', ending: 'patience fills the boat' },
  { one: 'weaver', many: 'weavers', place: 'workshop', tool: 'thread', ending: 'one loose end spoils the cloth' },
  { one: 'singer', many: 'singers', place: 'theatre', tool: 'drum', ending: 'silence is music too' },
  { one: 'hunter', many: 'hunters', place: 'forest', tool: 'bow', ending: 'the deer hears you first' },
  { one: 'judge', many: 'judges', place: 'court', tool: 'letter', ending: 'the law has no friends' },
  { one: 'merchant', many: 'merchants', place: 'market', tool: 'scale', ending: 'gold travels faster than news' },
  { one: 'shepherd', many: 'shepherds', place: 'hill', tool: 'staff', ending: 'the flock knows the way home' },
]

export const WOMEN = ['Anna', 'Mary', 'Clara', 'Ruth', 'Ella', 'Nora', 'Lucy', 'Greta', 'Ida', 'Jane', 'Rosa', 'Vera'] as const
export const MEN = ['Tom', 'Peter', 'John', 'Oscar', 'Henry', 'Paul', 'Emil', 'Frank', 'Hugo', 'Karl', 'Simon', 'Victor'] as const

/** [singular, plural] */
export const PEOPLE: readonly (readonly [string, string])[] = [
  ['woman', 'women'], ['man', 'men'], ['child', 'children'], ['boy', 'boys'], ['girl', 'girls'], ['neighbour', 'neighbours'],
  ['king', 'kings'], ['queen', 'queens'], ['friend', 'friends'], ['stranger', 'strangers'], ['guest', 'guests'],
  ['thief', 'thieves'], ['poet', 'poets'],
]

export const THINGS: readonly (readonly [string, string])[] = [
  ['house', 'houses'], ['dog', 'dogs'], ['door', 'doors'], ['horse', 'horses'], ['boat', 'boats'], ['tree', 'trees'],
  ['stone', 'stones'], ['cup', 'cups'], ['apple', 'apples'], ['lamp', 'lamps'], ['bird', 'birds'], ['coat', 'coats'],
  ['bridge', 'bridges'], ['wheel', 'wheels'], ['coin', 'coins'], ['window', 'windows'], ['knife', 'knives'],
  ['shoe', 'shoes'], ['bell', 'bells'], ['key', 'keys'], ['table', 'tables'], ['flower', 'flowers'], ['cat', 'cats'],
  ['ring', 'rings'], ['map', 'maps'], ['candle', 'candles'], ['barrel', 'barrels'], ['mirror', 'mirrors'],
]

export const PLACES = [
  'river', 'road', 'church', 'town', 'gate', 'wall', 'valley', 'tower', 'well', 'village', 'square', 'coast', 'meadow',
  'castle', 'island', 'inn',
] as const

export const ADJECTIVES = [
  'old', 'small', 'young', 'good', 'little', 'dark', 'tall', 'red', 'quiet', 'poor', 'strange', 'cold', 'broken', 'white',
  'heavy', 'kind', 'clever', 'tired', 'golden', 'narrow', 'bright', 'proud', 'empty', 'wild', 'rusty', 'gentle',
] as const

/** [base and plural, third person singular] */
export const TRANSITIVE: readonly (readonly [string, string])[] = [
  ['see', 'sees'], ['find', 'finds'], ['take', 'takes'], ['know', 'knows'], ['want', 'wants'], ['like', 'likes'],
  ['bring', 'brings'], ['carry', 'carries'], ['watch', 'watches'], ['buy', 'buys'], ['sell', 'sells'], ['hide', 'hides'],
  ['follow', 'follows'], ['remember', 'remembers'], ['paint', 'paints'], ['touch', 'touches'], ['lose', 'loses'],
  ['forget', 'forgets'], ['praise', 'praises'], ['fear', 'fears'],
]

export const INTRANSITIVE: readonly (readonly [string, string])[] = [
  ['wait', 'waits'], ['sleep', 'sleeps'], ['sing', 'sings'], ['walk', 'walks'], ['laugh', 'laughs'], ['rest', 'rests'],
  ['work', 'works'], ['dream', 'dreams'], ['dance', 'dances'], ['pray', 'prays'],
]

export const TIMES = [
  'in the morning', 'at night', 'every day', 'in winter', 'after dinner', 'on Sundays', 'before dawn', 'in the rain',
  'all summer', 'at noon',
] as const

export const ADVERBS = ['often', 'never', 'always', 'still', 'rarely', 'sometimes', 'gladly', 'slowly'] as const
