/** The kernels that are computed on the host. */
export interface HostKernel {
  kernel: string
  why: string
}

export const hostKernels: readonly HostKernel[] = []
