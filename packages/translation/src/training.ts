export { TranslationTransformer, type Regularization } from './model.js'
export { trainTranslator, type TrainTranslatorOptions } from './train-translator.js'
export type { TrainingFiles } from './data.js'
export { exportTranslator } from './inference-files.js'
