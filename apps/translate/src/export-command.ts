import { useDevice } from '@parlance/runtime'
import { exportTranslator } from '@parlance/translation/training'

export async function exportCommand(folder: string): Promise<void> {
  await useDevice('cpu')
  exportTranslator(folder)
}
