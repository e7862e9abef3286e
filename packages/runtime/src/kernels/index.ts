import { BACKEND_NAME } from '../backend/backend.js'
import { registerDropout } from '../ops/dropout.js'
import { registerGelu } from '../ops/gelu.js'
import { registerLayerNorm } from '../ops/layer-norm.js'
import { registerLSTM } from '../ops/lstm.js'
import { tf } from '../tf.js'
import { registerBlocks } from './blocks.js'
import { registerComplex } from './complex.js'
import { registerConvolutions } from './convolution.js'
import { registerCounting } from './counting.js'
import { registerCropAndResize } from './crop.js'
import { registerDilation } from './dilation.js'
import { registerElementwise } from './elementwise.js'
import { registerGradients } from './gradients.js'
import { registerHostKernels } from './host/host.js'
import { registerIndexing } from './indexing.js'
import { registerMatMul } from './matmul.js'
import { registerNormalization } from './normalization.js'
import { registerPassing } from './passing.js'
import { registerPooling } from './pooling.js'
import { registerReductions } from './reduce.js'
import { registerResizing } from './resize.js'
import { registerShapeKernels } from './shape.js'

/** Registers every kernel of the backend, and a clear error for each that TF.js has and this backend has not. */
export function registerKernels(): void {
  registerPassing()
  registerElementwise()
  registerReductions()
  registerMatMul()
  registerShapeKernels()
  registerBlocks()
  registerIndexing()
  registerCounting()
  registerConvolutions()
  registerPooling()
  registerNormalization()
  registerResizing()
  registerCropAndResize()
  registerDilation()
  registerGradients()
  registerDropout()
  registerGelu()
  registerLayerNorm()
  registerLSTM()
  // These stand in front of kernels that are registered already.
  registerComplex()
  registerHostKernels()
  for (const { kernelName } of tf.getKernelsForBackend('cpu')) {
    if (tf.getKernel(kernelName, BACKEND_NAME)) continue
    tf.registerKernel({
      kernelName,
      backendName: BACKEND_NAME,
      kernelFunc: () => {
        throw new Error(
          `The backend '${BACKEND_NAME}' has no kernel '${kernelName}': compute this part on TF.js's own backend ` +
            "(tf.setBackend('cpu')) and bring the values back with tf.tensor.",
        )
      },
    })
  }
}
