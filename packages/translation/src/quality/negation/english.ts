import type { NegationLanguage } from './negation.js'
import { wholeWords } from './whole-words.js'

const AUXILIARY =
  '(?:is|are|was|were|am|do|does|did|has|have|had|will|would|can|could|should|must|might|need|ai|wo|sha|ca)'

export const english: NegationLanguage = {
  tags: wholeWords([
    `, ${AUXILIARY}n't \\p{L}+(?= [?.!])`,
    `, ${AUXILIARY} \\p{L}+ not(?= [?.!])`,
    ', no(?= \\?)',
  ]),
  idioms: wholeWords([
    // Polite questions.
    "why (?:don't|doesn't) (?:we|you|i)",
    "(?:won't|wouldn't|couldn't|can't) (?:you|we)",
    // Negators that deny nothing.
    'not only',
    'not just',
    'or not',
    'or no',
    'whether or not',
    "couldn't agree more",
    "couldn't be (?:better|happier|more)",
    'no doubt',
    'no sooner',
    'no less',
    'no wonder',
    'not so much',
    'more often than not',
    'not to mention',
    'if not',
    "(?:can|could)(?:not|n't| not) help",
    'nothing (?:but|more than|less than)',
    'last but not least',
    'the answer is no',
    'say no',
    'said no',
    'no matter',
    'leave no stone unturned',
    'say nothing of',
  ]),
  negators: wholeWords([
    'neither(?: \\S+){1,6}? nor|neither|nor',
    "not|no|never|(?:nothing|nobody)(?:'s|'ll|'d)?|none|nowhere|noone|cannot|dont|\\p{L}+n't",
  ]),
  deniers: wholeWords([
    "no way|not until|not till|(?:can't|couldn't|cannot|can not) (?:hardly )?(?:wait|stand|possibly)",
    'without|unless|except|hardly|scarcely|seldom|rarely|other than|but|ever|any more|anymore|somehow',
    'out of|far from|free (?:from|of)|beyond|non',
    'un(?!der|til|less|ite|ion|iver|cle|ique|it|usual|happy|luck|fortun|expect|comfort)\\p{L}{3,}',
    'dis(?:like|agree|approv|honest|satisf|obey|loyal|interest|regard)\\p{L}*',
    'im(?:poss|prob|perf|mor)\\p{L}*',
    'in(?:capab|accur|accep|acces|adeq|compl|corr|sens|suff|eff|diff|appropr|sec)\\p{L}*',
    'ir(?:resp|rel|reg)\\p{L}*|\\p{L}{3,}less',
    'wrong|absent|absence|lacks?|lacking|fail(?:s|ed|ing)?|refuses?|den(?:y|ial)|deni(?:es|ed)|doubts?',
    'avoid|prevent(?:s|ed)?|hate|ignor\\p{L}+|forget|overlook|neglect(?:ed)?|missed|complains?',
    'oversle\\p{L}+|vegetarian|keep (?:from|\\p{L}+ from)|kept \\p{L}+ from|hold on|hang on|let go|worse',
    "easy|nonsense|naked|kidding|you're welcome|long time|out",
  ]),
}
