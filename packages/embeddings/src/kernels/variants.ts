/** Builds of a kernel, best first: `relaxed-simd` multiplies and adds in one instruction. */
export const kernelVariants = ['relaxed-simd', 'simd'] as const
export type KernelVariant = (typeof kernelVariants)[number]
