import type { NegationLanguage } from './negation.js'
import { wholeWords } from './whole-words.js'

/** The particle before the verb, with what is elided onto it: "ne", "n'ai". */
const NE = "(?:ne|n'\\p{L}+(?:'\\p{L}+)?)"
const SECOND = "(?:pas|plus|jamais|rien|personne|(?:d'|qu'|l')?aucun(?:e|s|es)?|point|guère|nul(?:le)?|ni|nullement)"
const COMPARISON = '(?:plus|moins|mieux|pire|autre\\p{L}*|avant|craindre|crains|peur|empêcher)'

export const french: NegationLanguage = {
  tags: wholeWords([
    "(?:, )?n'est - (?:ce|il) pas(?= [?.!])|, (?:non|pas vrai)(?= \\?)",
  ]),
  idioms: wholeWords([
    "n'importe (?:où|quoi|qui|quand|comment|lequel|laquelle|quel\\p{L}*)",
    // "Ne … que" is only; "ne" after a comparison or "avant que" denies nothing.
    `${NE} (?!(?:\\S+ ){0,4}?${SECOND} )(?:\\S+ ){1,2}?(?:que|qu'\\p{L}+)`,
    `${COMPARISON}(?: \\p{L}+){0,3} (?:que|qu'\\p{L}+)(?: \\S+){0,3}? ${NE}(?! (?:\\S+ ){0,4}?${SECOND} )`,
    `à moins (?:que|qu'\\p{L}+)(?: \\S+){0,3}? ${NE}`,
    // A step, a person.
    '(?:un|le|les|ce|ces|des|mes|ses|tes|au|aux|nos|vos|mon|ton|son|leurs) pas',
    '(?:chaque|quelques|deux|faux|premiers?|grands?|petits?) pas',
    'pas à pas',
    "un rien|rien qu'\\p{L}+|rien que|de rien(?= [.!])",
    'non seulement',
    'sans (?:doute|aucun doute|cesse|tarder|délai|abri|faute)',
    "si jamais|à jamais|(?:que|qu'\\p{L}+)(?: \\p{L}+(?:'\\p{L}+)?){1,3} jamais",
    'du non',
    'non plus',
    '(?:en|la|une|seule?|cette|chaque|première|autre) personne',
    'à pas de',
    "pas mal",
  ]),
  negators: wholeWords([
    `${NE} (?:\\S+ ){0,5}?${SECOND}(?: ${SECOND})*`,
    `${SECOND} (?:\\S+ ){0,4}?${NE}(?: ${SECOND})*`,
    "pas|rien|(?:d'|qu'|l')?aucun(?:e|s|es)?|ni|non|nullement|guère|nulle part|plus (?:jamais|rien|personne)",
    'jamais|personne(?= [!.])',
  ]),
  deniers: wholeWords([
    'sans|sinon|à moins|à peine|peu|rarement|jamais|personne|autre chose',
    // Formal French denies by "ne" alone with some verbs.
    "(?:ne|n'y|n'en) (?:cess\\p{L}+|fût|soit|saurai\\p{L}*)|n'ose\\p{L}*|n'ai? cure",
    "(?:j'|l'|m'|s'|t')?ignor\\p{L}+|(?:l'|d')?in(?:cap|diff|compl|corr|suff|acc|expl|appr)\\p{L}*",
    "(?:l'|d')?im(?:poss|pat|prob|parf|puiss)\\p{L}*|ir(?:resp|rée|rég)\\p{L}*|(?:l')?inutil\\p{L}*",
    "mécon\\p{L}*|dépourvu\\p{L}*|désaccord|indisp\\p{L}+",
    "(?:m'|s'|t')?(?:fiche|fous|fout|moque)\\p{L}*|égal|importe|m'importe|qu'importe|m'indiff\\p{L}+",
    "refus\\p{L}+|manque|interdit\\p{L}*|empêch\\p{L}*|évit\\p{L}+|échou\\p{L}+|cesser?|hâte|tarde",
    "ni[ea]\\p{L}*|doute|oublie|prive\\p{L}*|se passer|nous passer|renonc\\p{L}+|absent\\p{L}*",
    "abst\\p{L}+|cloch\\p{L}+|débarrass\\p{L}+|néanmoins",
  ]),
}
