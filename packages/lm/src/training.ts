export { TransformerLM } from './transformer.js'
export { LstmLM } from './lstm.js'
export { trainLanguageModel, type TrainLanguageModelOptions } from './train-language-model.js'
