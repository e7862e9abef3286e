/**
 * `npm run test:webgpu [-- FILE…]`: the suites that every device must pass, on WebGPU through SwiftShader, which
 * computes in software; without SwiftShader on a graphics chip, and without that not at all, saying so.
 */
import { availability } from '../../packages/runtime/src/devices/availability.js'
import { runSuites } from './run-suites.js'
import { swiftShaderEnvironment } from './software-vulkan.js'

const software = swiftShaderEnvironment()
const hardware = software ? undefined : availability('webgpu')
if (software || hardware?.available) {
  console.log(software ? 'WebGPU computes in SwiftShader.' : `WebGPU computes on an adapter in ${hardware?.adapter}.`)
  process.exitCode = runSuites('webgpu', software ?? {}, process.argv.slice(2))
} else {
  console.log(
    `Skipped: there is no SwiftShader (Debian's package chromium has it; or name its vk_swiftshader_icd.json in ` +
      `PARLANCE_SWIFTSHADER), and no other adapter: ${hardware?.missing}.`,
  )
}
