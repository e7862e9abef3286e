export async function exportCommand(folder: string): Promise<void> {
  const [{ useDevice }, { exportTranslator }] = await Promise.all([import('@parlance/runtime'), import('@parlance/translation/training')])
  await useDevice('cpu')
  exportTranslator(folder)
}
