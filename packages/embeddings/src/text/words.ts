/** The word that ends a sentence: word2vec.c puts it for every end of line. */
export const END_OF_SENTENCE = '</s>'

/** The words of a line as word2vec.c cuts them: at spaces and tabs; carriage returns are nothing. */
export function wordsOf(line: string): string[] {
  const clean = line.includes('\r') ? line.replaceAll('\r', '') : line
  return clean.split(/[ \t]+/).filter((word) => word !== '')
}
