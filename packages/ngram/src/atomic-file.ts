import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeSync } from 'node:fs'

const BUFFER_BYTES = 1 << 20

/** Writes a file under a temporary name beside `file` and renames it when all of it is on the disk. */
export function writeAtomically(file: string, write: (put: (bytes: Uint8Array) => void) => void): void {
  const temporary = `${file}.${process.pid}.tmp`
  const descriptor = openSync(temporary, 'w')
  try {
    try {
      write((bytes) => {
        for (let from = 0; from < bytes.length;) from += writeSync(descriptor, bytes, from, bytes.length - from)
      })
      fsyncSync(descriptor)
    } finally {
      closeSync(descriptor)
    }
    renameSync(temporary, file)
  } catch (error) {
    rmSync(temporary, { force: true })
    throw error
  }
}

/** The same for text, whose pieces are collected into large ones. */
export function writeTextAtomically(file: string, write: (put: (text: string) => void) => void): void {
  writeAtomically(file, (putBytes) => {
    const encoder = new TextEncoder()
    let collected = ''
    write((text) => {
      collected += text
      if (collected.length < BUFFER_BYTES) return
      putBytes(encoder.encode(collected))
      collected = ''
    })
    putBytes(encoder.encode(collected))
  })
}
