import type { NegationLanguage } from './negation.js'
import { wholeWords } from './whole-words.js'

export const german: NegationLanguage = {
  tags: wholeWords([', (?:nicht|nicht wahr|oder nicht|etwa nicht|ist es nicht so|nein)(?= [?.!])']),
  idioms: wholeWords([
    'nicht nur',
    'nicht (?:zuletzt|zufällig)',
    'oder nicht',
    'ob nicht',
    'ohne zweifel',
    'nichts als',
    'wenn nicht gar',
  ]),
  negators: wholeWords([
    'nicht|nichts|nix|nie|niemals|niemand(?:e[nms])?|nimmer|nimmermehr|nirgends|nirgendwo(?:hin|her)?',
    'kein(?:e[nrms]?|s|erlei|eswegs|esfalls)?|keinste[nr]?|weder(?: \\S+){1,7}? noch|weder|nein|nee|nö',
  ]),
  deniers: wholeWords([
    'ohne|kaum|wenig(?:er)?|statt|anstatt|ausschließlich|erst|alles andere als|egal|gleichgültig|einerlei',
    'wurs[ch]t\\p{L}*|schnuppe|spurlos|umsonst|vergeblich|ausgeschlossen|überflüssig|ledig|trotzdem',
    '\\p{L}{2,}los(?:e[nrms]?)?',
    'un(?!d |ter|s |ser|gefähr|bedingt|iver|iform|fall|fäll|ten|glaub|glück|schuld|gewöhn)\\p{L}{3,}',
    '(?:miss|miß)\\p{L}{4,}|in(?:akz|komp|toler|diskre)\\p{L}+|nicht\\p{L}+|\\p{L}{4,}frei(?:e[nrms]?)?',
    'fehlt|fehlte|fehlst|mangelt\\p{L}*|\\p{L}*mangel|verzicht\\p{L}+|verbot\\p{L}*|verbiet\\p{L}*',
    'verbitt\\p{L}+|untersag\\p{L}+|weiger\\p{L}*|geweigert|verweiger\\p{L}*|verhinder\\p{L}*',
    'vermeid\\p{L}+|vermied\\p{L}*|ablehn\\p{L}+|abzulehnen|abgelehnt|lehn(?:t|te|en|ten)|leugn\\p{L}*',
    'bezweif\\p{L}*|bestreit\\p{L}*|versäum\\p{L}+|ignorier\\p{L}*|unterlass\\p{L}*|unterließ\\p{L}*',
    'lass es|gelassen|durchgefallen|erspar\\p{L}*|entbehr\\p{L}*|entgang\\p{L}*|entzieh\\p{L}*',
    'vorenthalt\\p{L}*|verschwieg\\p{L}*|bereu\\p{L}+|beruhigt?|ernst|fremd|allein ge\\p{L}+|meid\\p{L}*',
    'hüt\\p{L}+|abgesehen',
  ]),
}
