import { tf } from '@parlance/runtime'

/** The backend that tests of this package compute on. */
export async function useTestBackend(): Promise<void> {
  await tf.setBackend('cpu')
}
