/** Every device, in the order in which `auto` tries those that it tries. */
export const deviceNames = ['cuda', 'webgpu', 'cpu', 'wasm', 'tensorflow'] as const

/** A device that computes: what names of the design's table mean is in the README. */
export type Device = (typeof deviceNames)[number]

/** A device, or `auto`: the first of cuda, webgpu (never a software adapter), cpu and wasm that is there. */
export type DeviceName = Device | 'auto'
