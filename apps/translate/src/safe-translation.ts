import type { SourceLine, TranslateOptions, Translation, Translator } from '@parlance/translation'

/**
 * Translates lines, each that comes several times once. One that the translator cannot do takes no other with it.
 *
 * @returns for each line its translation, or the error
 */
export async function translateSafely(
  translator: Translator,
  lines: readonly SourceLine[],
  options: TranslateOptions,
): Promise<(Translation | Error)[]> {
  // A draw goes by the number of its line.
  if (options.sampling) return translateEach(translator, lines, options)
  const places = new Map<string, number>()
  const unique: SourceLine[] = []
  const placeOf = lines.map((line) => {
    const { number: _, ...content } = line
    const key = JSON.stringify(content)
    const place = places.get(key) ?? unique.push(line) - 1
    places.set(key, place)
    return place
  })
  const found = await translateEach(translator, unique, options)
  return placeOf.map((place) => found[place] as Translation | Error)
}

async function translateEach(translator: Translator, lines: readonly SourceLine[], options: TranslateOptions): Promise<(Translation | Error)[]> {
  if (lines.length === 0) return []
  try {
    return await translator.translate(lines, options)
  } catch (error) {
    if (lines.length === 1) return [error instanceof Error ? error : new Error(String(error))]
    const middle = lines.length >> 1
    const first = await translateEach(translator, lines.slice(0, middle), options)
    return [...first, ...(await translateEach(translator, lines.slice(middle), options))]
  }
}
