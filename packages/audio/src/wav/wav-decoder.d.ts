declare module 'wav-decoder' {
  interface DecodedAudio {
    sampleRate: number
    channelData: Float32Array[]
  }
  interface DecodeOptions {
    /** Divide integers by 2^(bits - 1) on both sides of zero. */
    symmetric?: boolean
  }
  const wavDecoder: { decode: { sync(wav: ArrayBuffer, options?: DecodeOptions): DecodedAudio } }
  export default wavDecoder
}
