import {
  ADJECTIVES, BEINGS, INTRANSITIVE, type Noun, OBJECTS, PLACES, PREPOSITIONS, PRONOUNS, type Tense, TIMES, TRANSITIVE,
  type Verb,
} from './parallel-words.js'
import { Random } from './random.js'

export interface ParallelOptions {
  seed: number
  /** Number of pairs; no source sentence occurs twice. */
  pairs: number
}

export interface SentencePair {
  source: string
  target: string
}

/** A phrase in both languages. */
interface Phrase extends SentencePair {
  plural: boolean
}

/** Attempts at a new source sentence before the language counts as used up. */
const ATTEMPTS = 1000

/**
 * Sentence pairs of English and a small invented language. The target follows from the source by rule, so that there is
 * exactly one reference, and the rules have to be learned:
 *
 * - order: time, subject, place, object, negation, verb; the source says subject, verb, object, place, time
 * - articles, in both numbers, and adjectives (behind the noun) agree with one of three genders, which the source does
 *   not show; places take a postposition
 * - one verb form per tense and number; negation is the particle `zen`, where the source has "do not", "did not" or
 *   "will not"
 *
 * All words are lower-case and separated by spaces, the full stop included.
 */
export function generateParallel({ seed, pairs }: ParallelOptions): SentencePair[] {
  if (!Number.isInteger(pairs) || pairs < 0) throw new RangeError(`pairs must be 0 or more, got ${pairs}`)
  const random = new Random(seed)
  const bySource = new Map<string, SentencePair>()
  for (let failed = 0; bySource.size < pairs;) {
    const pair = sentencePair(random)
    if (bySource.has(pair.source)) {
      if (++failed === ATTEMPTS) throw new RangeError(`only ${bySource.size} different sentences were found, ${pairs} are asked for`)
    } else {
      bySource.set(pair.source, pair)
      failed = 0
    }
  }
  return [...bySource.values()]
}

function sentencePair(random: Random): SentencePair {
  const subject = random.chance(0.2) ? pronoun(random) : nounPhrase(random, random.pick(BEINGS))
  const object = random.chance(0.7)
    ? nounPhrase(random, random.pick(random.chance(0.7) ? OBJECTS : BEINGS))
    : undefined
  const verb = random.pick(object ? TRANSITIVE : INTRANSITIVE)
  const time = random.chance(0.35) ? random.pick(TIMES) : undefined
  const tense = time ? time[2] : random.pick<Tense>(['present', 'past', 'future'])
  const negated = random.chance(0.25)
  const place = random.chance(object ? 0.25 : 0.6) ? placePhrase(random) : undefined
  return {
    source: join(subject.source, sourceVerb(verb, tense, subject.plural, negated), object?.source, place?.source, time?.[0], '.'),
    target: join(
      time?.[1], subject.target, place?.target, object?.target, negated ? 'zen' : undefined,
      targetVerb(verb, tense, subject.plural), '.',
    ),
  }
}

function pronoun(random: Random): Phrase {
  const [source, target, plural] = random.pick(PRONOUNS)
  return { source, target, plural }
}

function placePhrase(random: Random): SentencePair {
  const [preposition, postposition] = random.pick(PREPOSITIONS)
  const { source, target } = nounPhrase(random, random.pick(PLACES))
  return { source: `${preposition} ${source}`, target: `${target} ${postposition}` }
}

function nounPhrase(random: Random, noun: Noun): Phrase {
  const plural = random.chance(0.4)
  const definite = random.chance(0.6)
  const adjective = random.chance(0.4) ? random.pick(ADJECTIVES) : undefined
  const head = join(adjective?.[0], plural ? noun.many : noun.one)
  const article = definite ? 'the' : plural ? undefined : /^[aeiou]/.test(head) ? 'an' : 'a'
  const targetArticle = definite ? `k${noun.gender}${plural ? 'i' : ''}` : plural ? undefined : `m${noun.gender}`
  const targetNoun = plural ? `${noun.target}${/[aeiou]$/.test(noun.target) ? 'r' : 'il'}` : noun.target
  const targetAdjective = adjective && `${adjective[1]}${noun.gender}${plural ? 'i' : ''}`
  return { source: join(article, head), target: join(targetArticle, targetNoun, targetAdjective), plural }
}

function sourceVerb(verb: Verb, tense: Tense, plural: boolean, negated: boolean): string {
  if (tense === 'future') return `will ${negated ? 'not ' : ''}${verb.base}`
  if (negated) return `${tense === 'past' ? 'did' : plural ? 'do' : 'does'} not ${verb.base}`
  return tense === 'past' ? verb.past : plural ? verb.base : verb.third
}

function targetVerb(verb: Verb, tense: Tense, plural: boolean): string {
  return `${verb.target}${{ present: 'a', past: 'u', future: 'e' }[tense]}${plural ? 'nt' : 't'}`
}

const join = (...parts: (string | undefined)[]) => parts.filter(Boolean).join(' ')
