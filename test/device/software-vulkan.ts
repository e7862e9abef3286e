/** SwiftShader, a Vulkan driver that computes in software: Debian's package `chromium` carries one. */
import { existsSync, mkdtempSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'

const candidates = ['/usr/lib/chromium', '/usr/lib/chromium-browser', '/opt/google/chrome', '/usr/lib/swiftshader']

/** The environment that makes programs take SwiftShader for their graphics chip, or undefined where there is none. */
export function swiftShaderEnvironment(): Record<string, string> | undefined {
  const named = process.env.PARLANCE_SWIFTSHADER
  const file = [...(named ? [named] : []), ...candidates.map((folder) => path.join(folder, 'vk_swiftshader_icd.json'))].find(hasLibrary)
  if (!file) return undefined
  return {
    VK_ICD_FILENAMES: file,
    VK_DRIVER_FILES: file,
    // Where Vulkan's loader keeps what it makes at run time; machines without a desktop have no such folder.
    XDG_RUNTIME_DIR: process.env.XDG_RUNTIME_DIR ?? mkdtempSync(path.join(tmpdir(), 'parlance-runtime-')),
  }
}

function hasLibrary(file: string): boolean {
  if (!existsSync(file)) return false
  const { ICD } = JSON.parse(readFileSync(file, 'utf8')) as { ICD: { library_path: string } }
  return existsSync(path.resolve(path.dirname(file), ICD.library_path))
}
