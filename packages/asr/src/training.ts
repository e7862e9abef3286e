export { exportForSherpa } from './graphs/sherpa.js'
export { loadRecognizer } from './model/load-recognizer.js'
export { RecognizerModel, type RecognizerConfig } from './model/recognizer.js'
export { trainRecognizer, type TrainRecognizerOptions, type TrainRecognizerResult } from './training/train-recognizer.js'
