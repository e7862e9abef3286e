/** Words that a full stop follows, lower-cased and without it: what comes after them is the same sentence. */
const OPEN = `
  dr mr mrs ms messrs prof hon rev gen col capt lt sgt st sen rep gov pres mt ft
  vs cf eg ie e.g i.e viz approx fig figs vol ch sec pp ed eds trans est dept no art
  hr fr frl nr abs bd bsp bzw ca chr dipl ing evtl ggf hg hl inkl jh kap lat mio mrd n.chr n.u.z orig rd sog str tel u.a usf
  v.a vgl z.b z.t z.zt d.h d.i o.g s.o s.u u.u i.d.r i.a zzgl zit
  mm mme mmes mlle mlles me mgr p.ex art av boul chap env ex t n°
  jan feb mär apr jun jul aug sep sept okt oct nov dez dec janv févr juil déc
`
  .trim()
  .split(/\s+/u)

/** Abbreviations that may end a sentence too: a capital after them begins the next. */
const EITHER = 'etc usw al inc ltd co corp jr sr a.m p.m u.s u.k u.s.a e.v gmbh uhr'.split(' ')

const open = new Set(OPEN)
const either = new Set(EITHER)

/** What a full stop after `word` (given without it) says about the sentence. */
export function afterStop(word: string): 'goes on' | 'may end' | 'unknown' {
  const lower = word.toLowerCase()
  if (open.has(lower)) return 'goes on'
  return either.has(lower) ? 'may end' : 'unknown'
}

const MONTHS =
  'Januar|Jänner|Februar|März|April|Mai|Juni|Juli|August|September|Oktober|November|Dezember|January|February|March|May|June|July|October|December'

/** What may follow a German ordinal number: "3. Mai", "19. Jahrhundert". */
export const AFTER_ORDINAL = new RegExp(
  `^(?:${MONTHS}|Jahrhunderts?|Jahrtausends?|Mal|Platz|Klasse|Stock|Etage|Kapitel|Lebensjahr|Geburtstag|Weltkrieg\\w*|Bundesliga|Auflage)(?!\\p{L})`,
  'u',
)
