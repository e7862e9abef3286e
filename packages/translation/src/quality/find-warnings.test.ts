import { describe, expect, it } from 'vitest'
import { findWarnings } from './find-warnings.js'

/** The kinds of the warnings about a translation from English, in their order. */
function kinds(language: string, source: string, target: string): string {
  return findWarnings(source, target, 'en', language).map(({ kind }) => kind).join(' ')
}

/** Faithful translations, many with something that looks like a catastrophe. */
const GOOD: readonly (readonly [language: string, source: string, target: string])[] = [
  // Numbers.
  ['de', 'She is twenty-one years old.', 'Sie ist einundzwanzig Jahre alt.'],
  ['de', 'The meeting starts at half past seven.', 'Die Sitzung beginnt um halb acht.'],
  ['de', 'The train leaves at 3:15 p.m.', 'Der Zug fährt um 15.15 Uhr ab.'],
  ['de', 'It cost 1,250.50 euros.', 'Es kostete 1.250,50 Euro.'],
  ['de', 'He ran 3.5 kilometers.', 'Er lief dreieinhalb Kilometer.'],
  ['de', 'One never knows.', 'Man weiß nie.'],
  ['de', 'I bought a dozen eggs.', 'Ich habe zwölf Eier gekauft.'],
  ['de', 'Our six-year-old son can read.', 'Unser sechsjähriger Sohn kann lesen.'],
  ['de', 'I have told you twice.', 'Ich habe es dir zweimal gesagt.'],
  ['de', 'He was born on May 3rd, 1984.', 'Er wurde am 3. Mai 1984 geboren.'],
  ['de', 'She was born in nineteen eighty-four.', 'Sie wurde neunzehnhundertvierundachtzig geboren.'],
  ['de', 'Two million people live here.', 'Hier leben 2 Millionen Menschen.'],
  ['de', 'Wait a second.', 'Warten Sie einen Moment.'],
  ['de', 'We live on the third floor.', 'Wir wohnen im zweiten Stock.'],
  ['de', 'World War II ended in 1945.', 'Der Zweite Weltkrieg endete 1945.'],
  ['fr', 'There are ninety-seven students.', 'Il y a quatre-vingt-dix-sept étudiants.'],
  ['fr', 'Seventeen people came.', 'Dix-sept personnes sont venues.'],
  ['fr', 'The film begins at half past eight in the evening.', 'Le film commence à vingt heures trente.'],
  ['fr', 'Prices rose by five percent.', 'Les prix ont augmenté de cinq pour cent.'],
  ['fr', 'I waited for an hour and a half.', "J'ai attendu une heure et demie."],
  ['fr', 'We have a new car.', 'Nous avons un véhicule neuf.'],
  ['fr', 'The village has 12,000 inhabitants.', 'Le village compte 12 000 habitants.'],
  // Negation.
  ['de', 'He can neither read nor write.', 'Er kann weder lesen noch schreiben.'],
  ['de', "You're tired, aren't you?", 'Du bist müde, oder?'],
  ['de', 'The film is good, is it not?', 'Der Film ist gut, nicht wahr?'],
  ['de', "I didn't go home until midnight.", 'Ich bin erst um Mitternacht nach Hause gegangen.'],
  ['de', 'He failed the exam.', 'Er hat die Prüfung nicht bestanden.'],
  ['de', 'That is impossible.', 'Das ist nicht möglich.'],
  ['de', "It doesn't matter to me.", 'Das ist mir egal.'],
  ['de', "Don't forget your umbrella.", 'Vergiss deinen Regenschirm nicht!'],
  ['de', 'She left without saying anything.', 'Sie ging, ohne etwas zu sagen.'],
  ['de', "I can't wait to see you.", 'Ich kann es kaum erwarten, dich zu sehen.'],
  ['de', 'Not only Tom but also Mary laughed.', 'Sowohl Tom als auch Maria lachten.'],
  ['fr', "I don't know where he lives.", "J'ignore où il habite."],
  ['fr', 'He only drinks water.', "Il ne boit que de l'eau."],
  ['fr', 'You can come any time.', "Tu peux venir n'importe quand."],
  ['fr', 'She left before he arrived.', "Elle est partie avant qu'il n'arrive."],
  ['fr', 'Have you ever been to Paris?', 'Es-tu jamais allé à Paris ?'],
  ['fr', 'I know that person.', 'Je connais cette personne.'],
  ['fr', 'Nobody came.', "Personne n'est venu."],
  ['fr', "You're English, aren't you?", "Tu es anglais, n'est-ce pas ?"],
  ['fr', 'He took one step.', 'Il fit un pas.'],
  // Words at home in both languages, names, repetition that belongs there, brevity.
  ['de', 'Tom is in Boston.', 'Tom ist in Boston.'],
  ['de', 'OK.', 'OK.'],
  ['de', 'Taxi!', 'Taxi!'],
  ['de', 'Tom! Tom! Tom! Come here!', 'Tom! Tom! Tom! Komm her!'],
  ['de', 'This is very, very good.', 'Das ist sehr, sehr gut.'],
  ['de', 'Those who laugh last laugh best.', 'Die, die zuletzt lachen, lachen am besten.'],
  ['de', 'Is Barack Obama in New York?', 'Ist Barack Obama in New York?'],
  ['fr', 'Restaurant', 'Restaurant'],
  ['fr', 'Tom and Mary are students.', 'Tom et Mary sont étudiants.'],
  ['fr', 'Ha ha ha!', 'Ha ha ha !'],
  ['fr', 'What is it?', "Qu'est-ce que c'est ?"],
]

/** Unfaithful ones, and the warning that each deserves. */
const BAD: readonly (readonly [language: string, kind: string, source: string, target: string])[] = [
  ['de', 'number-changed', 'She is twenty-one years old.', 'Sie ist einundzwanzigtausend Jahre alt.'],
  ['de', 'number-changed', 'The meeting starts at half past seven.', 'Die Sitzung beginnt um halb sieben.'],
  ['de', 'number-changed', 'The train leaves at 3:15 p.m.', 'Der Zug fährt um 16.15 Uhr ab.'],
  ['de', 'number-changed', 'It cost 1,250.50 euros.', 'Es kostete 1.520,50 Euro.'],
  ['de', 'number-changed', 'Our six-year-old son can read.', 'Unser siebenjähriger Sohn kann lesen.'],
  ['de', 'number-changed', 'He was born in 1984.', 'Er wurde 1948 geboren.'],
  ['de', 'number-changed', 'I have told you twice.', 'Ich habe es dir dreimal gesagt.'],
  ['de', 'number-changed', 'The third door on the left.', 'Die vierte Tür links.'],
  ['de', 'number-changed', 'I have one brother.', 'Ich habe zwei Brüder.'],
  ['de', 'number-changed', 'Five of them were ill.', 'Einige von ihnen waren krank.'],
  ['de', 'number-changed', 'Two million people live here.', 'Hier leben zwei Milliarden Menschen.'],
  ['fr', 'number-changed', 'There are ninety-seven students.', 'Il y a quatre-vingt-sept étudiants.'],
  ['fr', 'number-changed', 'Prices rose by five percent.', 'Les prix ont augmenté de quinze pour cent.'],
  ['fr', 'number-changed', 'It is a quarter to nine.', 'Il est neuf heures et quart.'],
  ['fr', 'number-changed', 'We have 3 cats.', 'Nous avons 4 chats.'],
  ['de', 'negation-lost', 'I do not eat meat.', 'Ich esse Fleisch.'],
  ['de', 'negation-lost', 'He never lies.', 'Er lügt immer.'],
  ['de', 'negation-lost', "Tom can't swim.", 'Tom kann schwimmen.'],
  ['de', 'negation-lost', 'Nobody knows the answer.', 'Jeder kennt die Antwort.'],
  ['de', 'negation-lost', "Don't touch the wire!", 'Fass den Draht an!'],
  ['de', 'negation-lost', "I don't know why he didn't come.", 'Ich weiß nicht, warum er gekommen ist.'],
  ['de', 'negation-added', 'The water is safe.', 'Das Wasser ist nicht sicher.'],
  ['de', 'negation-added', 'Tom has a brother.', 'Tom hat keinen Bruder.'],
  ['de', 'negation-added', 'We have met before.', 'Wir sind uns noch nie begegnet.'],
  ['fr', 'negation-lost', 'I do not eat meat.', 'Je mange de la viande.'],
  ['fr', 'negation-lost', 'There is no more bread.', 'Il y a du pain.'],
  ['fr', 'negation-lost', 'She never smiles.', 'Elle sourit toujours.'],
  ['fr', 'negation-added', 'The doctor is here.', "Le médecin n'est pas ici."],
  ['fr', 'negation-added', 'I saw somebody.', "Je n'ai vu personne."],
  ['de', 'repetition', 'I like apples and pears.', 'Ich mag Äpfel und Birnen und Birnen und Birnen und Birnen.'],
  ['de', 'repetition', 'This is very good.', 'Das ist sehr sehr sehr gut.'],
  ['de', 'repetition', 'He washed the car.', 'Er wusch das Auungungungungungung.'],
  ['fr', 'repetition', 'She went to the market.', 'Elle est allée au marché, au marché, au marché.'],
  ['de', 'source-copied', 'Where did you put my keys?', 'Where did you put my keys?'],
  ['de', 'source-copied', 'Where did you put my keys?', 'Where did you put my Schlüssel?'],
  ['fr', 'source-copied', 'The weather is nice today.', "The weather is nice aujourd'hui."],
  ['fr', 'source-copied', 'Why?', 'Why?'],
  ['de', 'wrong-language', 'Where did you put my keys?', 'Où as-tu mis mes clés ?'],
  ['de', 'wrong-language', 'Where did you put my keys?', 'What happened to the other one?'],
  ['de', 'wrong-language', 'I do not want to eat anything.', 'No quiero comer nada de esto, muchas gracias.'],
  ['de', 'wrong-language', 'I do not know him.', 'Я его не знаю.'],
  ['fr', 'wrong-language', 'The weather is nice today.', 'Das Wetter ist heute schön.'],
  ['fr', 'wrong-language', 'I have no time today.', 'Ik heb vandaag helaas geen tijd voor jou.'],
  ['de', 'empty', 'Where did you put my keys?', ''],
  ['de', 'empty', 'Where did you put my keys?', ' …'],
  ['de', 'too-short', 'My brother will be back from Italy next week.', 'Mein Bruder'],
  ['de', 'too-short', 'My brother will be back from Italy next week.', 'Mein Bruder.'],
  ['fr', 'too-short', 'He asked me whether I could help him move house.', "Il m'a demandé si"],
  ['de', 'too-long', 'Thank you very much.', 'Vielen Dank, und wir freuen uns sehr darauf, Sie bald wieder bei uns begrüßen zu dürfen.'],
  ['fr', 'too-long', 'Good night.', 'Bonne nuit, dormez bien, et demain nous irons tous ensemble au marché.'],
]

describe('findWarnings', () => {
  it.each(GOOD)('has nothing against (%s) "%s" "%s"', (language, source, target) => {
    expect(kinds(language, source, target)).toBe('')
  })

  it.each(BAD)('to %s, suspects %s of "%s" "%s"', (language, kind, source, target) => {
    expect(kinds(language, source, target).split(' ')).toContain(kind)
  })
})
