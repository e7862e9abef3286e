import { UsageError } from '@parlance/nn/command-line'

export interface ExportFlags {
  model: string
  format: 'parlance' | 'transformers.js'
  output?: string
}

/** @throws UsageError for an output where none is written, or the other way round */
export async function exportCommand({ model, format, output }: ExportFlags): Promise<void> {
  if (format === 'parlance' && output !== undefined) throw new UsageError('--output is for --format transformers.js: leave it out.')
  const [{ useDevice }, { exportForTransformers, exportTranslator }] = await Promise.all([
    import('@parlance/runtime'),
    import('@parlance/translation/training'),
  ])
  await useDevice('cpu')
  if (format === 'parlance') return exportTranslator(model)
  if (output === undefined) throw new UsageError('--format transformers.js writes a folder: name it with --output.')
  exportForTransformers(model, output)
}
