import { relative, resolve } from 'node:path'
import { alignManifest } from '@parlance/asr'

export interface AlignFlags {
  model: string
  data: string
  lexicon: string
  threads?: number
}

/** `parlance-transcribe align`: the manifest with the times of its words on standard output. Paths are relative to the current folder. */
export async function align({ model, data, lexicon, threads }: AlignFlags): Promise<void> {
  const aligned = await alignManifest(model, { manifest: data, lexicon, ...(threads !== undefined && { threads }) })
  for (const { audio, ...rest } of aligned) {
    const path = relative('.', resolve(audio))
    process.stdout.write(`${JSON.stringify({ ...(/\.mfc$/iu.test(path) ? { features: path } : { audio: path }), ...rest })}\n`)
  }
}
