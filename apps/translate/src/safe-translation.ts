import type { SourceLine, TranslateOptions, Translation, Translator } from '@parlance/translation'

/**
 * Translates lines; one that the translator cannot do takes no other with it.
 *
 * @returns for each line its translation, or the error
 */
export async function translateSafely(
  translator: Translator,
  lines: readonly SourceLine[],
  options: TranslateOptions,
): Promise<(Translation | Error)[]> {
  if (lines.length === 0) return []
  try {
    return await translator.translate(lines, options)
  } catch (error) {
    if (lines.length === 1) return [error instanceof Error ? error : new Error(String(error))]
    const middle = lines.length >> 1
    const first = await translateSafely(translator, lines.slice(0, middle), options)
    return [...first, ...(await translateSafely(translator, lines.slice(middle), options))]
  }
}
