import { UsageError } from '@parlance/nn/command-line'
import { loadTokenizer, type Tokenizer, trainBpe, trainChar } from '@parlance/tokenizer'

/** Help for the flag that `makeTokenizer` reads. */
export const TOKENIZER_HELP = 'char, bpe:SIZE (learned from the corpus), or a tokenizer.json'

/**
 * A tokenizer as the flag names it.
 *
 * @throws UsageError for a size that byte-level BPE cannot have
 */
export async function makeTokenizer(name: string, text: string): Promise<Tokenizer> {
  if (name === 'char') return trainChar([text])
  const bpe = /^bpe:(.*)$/.exec(name)
  if (!bpe) return loadTokenizer(name)
  const vocabSize = Number(bpe[1])
  if (!/^[0-9]+$/.test(bpe[1] as string) || vocabSize < 256) {
    throw new UsageError(`The vocabulary of --tokenizer ${name} must be a whole number from 256, the number of bytes.`)
  }
  return trainBpe(pieces(text), { vocabSize })
}

/** Lines together in pieces of about a million characters: BPE reads each piece on its own. */
function* pieces(text: string): Generator<string> {
  for (let from = 0; from < text.length; ) {
    const newline = text.indexOf('\n', from + 1_000_000)
    const to = newline < 0 ? text.length : newline
    yield text.slice(from, to)
    from = to
  }
}
