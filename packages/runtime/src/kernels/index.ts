import { BACKEND_NAME } from '../backend/backend.js'
import { registerDropout } from '../ops/dropout.js'
import { registerGelu } from '../ops/gelu.js'
import { registerLayerNorm } from '../ops/layer-norm.js'
import { tf } from '../tf.js'
import { registerConvolutions } from './convolution.js'
import { registerElementwise } from './elementwise.js'
import { registerGradients } from './gradients.js'
import { registerMatMul } from './matmul.js'
import { registerPassing } from './passing.js'
import { registerPooling } from './pooling.js'
import { registerReductions } from './reduce.js'
import { registerShapeKernels } from './shape.js'

/** Registers every kernel of the backend, and a clear error for each that TF.js has and this backend has not. */
export function registerKernels(): void {
  registerPassing()
  registerElementwise()
  registerReductions()
  registerMatMul()
  registerShapeKernels()
  registerConvolutions()
  registerPooling()
  registerGradients()
  registerDropout()
  registerGelu()
  registerLayerNorm()
  for (const { kernelName } of tf.getKernelsForBackend('cpu')) {
    if (tf.getKernel(kernelName, BACKEND_NAME)) continue
    tf.registerKernel({
      kernelName,
      backendName: BACKEND_NAME,
      kernelFunc: () => {
        throw new Error(
          `The backend '${BACKEND_NAME}' has no kernel '${kernelName}' yet: compute this part on TF.js's own backend ` +
            "(tf.setBackend('cpu')) and bring the values back with tf.tensor.",
        )
      },
    })
  }
}
