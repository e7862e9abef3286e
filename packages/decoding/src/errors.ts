/** A search was asked for something impossible, or its model broke the contract of `TokenModel`. */
export class DecodingError extends Error {
  override name = 'DecodingError'
}
