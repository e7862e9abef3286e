/** A plain file of an archive. */
export interface TarFile {
  /** Path inside the archive, with forward slashes; never absolute and never with "..". */
  path: string
  data: Uint8Array
}

const BLOCK = 512

/**
 * The plain files of a ustar archive (POSIX.1-1988); folders, links and extension headers are passed over.
 *
 * @param archive the uncompressed archive
 * @param name what to call it in messages
 * @throws Error when a header is damaged, a file is cut off, or a path leads outside the archive
 */
export function readTar(archive: Uint8Array, name: string): TarFile[] {
  const files: TarFile[] = []
  for (let offset = 0; offset + BLOCK <= archive.length;) {
    const header = archive.subarray(offset, offset + BLOCK)
    // Zero blocks mark the end.
    if (header.every((byte) => byte === 0)) break
    const text = (start: number, length: number) => {
      const field = header.subarray(start, start + length)
      const end = field.indexOf(0)
      return new TextDecoder().decode(end < 0 ? field : field.subarray(0, end))
    }
    const octal = (start: number, length: number) => Number.parseInt(text(start, length).trim() || '0', 8)
    // The checksum counts its own eight bytes as spaces.
    const sum = header.reduce((total, byte, i) => total + (i >= 148 && i < 156 ? 32 : byte), 0)
    if (sum !== octal(148, 8)) throw new Error(`${name}: damaged header at byte ${offset}; fetch the archive again`)
    const size = octal(124, 12)
    const prefix = text(257, 5) === 'ustar' ? text(345, 155) : ''
    const path = (prefix ? `${prefix}/` : '') + text(0, 100)
    const start = offset + BLOCK
    if (!Number.isSafeInteger(size) || size < 0 || start + size > archive.length) {
      throw new Error(`${name}: ${path} should have ${size} bytes, the archive ends after ${archive.length - start}; fetch it again`)
    }
    const type = header[156]!
    if (type === 0x30 || type === 0) {
      if (path.startsWith('/') || path.split('/').includes('..')) {
        throw new Error(`${name}: ${path} leads outside the archive; it is not unpacked`)
      }
      files.push({ path, data: archive.subarray(start, start + size) })
    }
    offset = start + Math.ceil(size / BLOCK) * BLOCK
  }
  return files
}
