/** A matrix of features, row-major, shape (frames, bins). */
export interface Features {
  frames: number
  /** Values of a frame, whatever their kind. */
  bins: number
  data: Float32Array
}
