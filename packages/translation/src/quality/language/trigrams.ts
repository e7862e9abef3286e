/**
 * The overlapping character trigrams of a text's words: lower-cased, each word between spaces, everything that is no
 * letter or apostrophe left out. "Ich" gives " ic", "ich", "ch ".
 */
export function trigrams(text: string): string[] {
  const found: string[] = []
  for (const word of words(text)) {
    const letters = [...` ${word} `]
    for (let i = 0; i + 3 <= letters.length; i++) found.push(letters.slice(i, i + 3).join(''))
  }
  return found
}

function words(text: string): string[] {
  return text.normalize('NFC').toLowerCase().replace(/[’‘ʼ]/g, "'").match(/[\p{L}\p{M}]+'?/gu) ?? []
}
