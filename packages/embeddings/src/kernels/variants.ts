/** Builds of a kernel: `relaxed-simd` multiplies and adds in one instruction. */
export type KernelVariant = 'simd' | 'relaxed-simd'
