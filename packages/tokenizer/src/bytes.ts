// GPT-2's spelling of bytes as printable characters (Radford et al. 2019, `bytes_to_unicode`): the printable ones of
// Latin-1 stand for themselves, the other 68 for the characters from U+0100 on, so that a space is `Ġ` (U+0120).

/** The character that spells each byte. */
export const CHAR_OF_BYTE: readonly string[] = spellBytes()

const byteOfChar: ReadonlyMap<string, number> = new Map(CHAR_OF_BYTE.map((char, byte) => [char, byte]))

/** The bytes spelled by a token; undefined if one of its characters spells none. */
export function bytesOfToken(token: string): Uint8Array | undefined {
  const bytes = new Uint8Array(token.length)
  for (let i = 0; i < token.length; i++) {
    const byte = byteOfChar.get(token[i]!)
    if (byte === undefined) return undefined
    bytes[i] = byte
  }
  return bytes
}

function spellBytes(): string[] {
  let next = 0x100
  return Array.from({ length: 256 }, (_, byte) => {
    const printable = (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte !== 0xad)
    return String.fromCharCode(printable ? byte : next++)
  })
}
