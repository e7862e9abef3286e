export { CtcModel, type CtcModelOptions } from './model.js'
export { trainRecognizer, type TrainRecognizerOptions, type TrainRecognizerResult } from './train-recognizer.js'
