declare module '@echogarden/espeak-ng-emscripten' {
  interface Synthesizer {
    /** @returns 0, or what went wrong */
    set_voice(name: string): number
    /** 0 to 99 */
    set_pitch(pitch: number): void
    /** How far the pitch moves: 0 to 99. */
    set_range(range: number): void
    /** Words a minute. */
    set_rate(rate: number): void
    get_samplerate(): number
    /** @param take takes each portion of samples, and says whether to stop */
    synthesize(text: string, take: (samples: Int16Array | null) => boolean): void
  }
  interface Espeak {
    eSpeakNGWorker: new () => Synthesizer
    FS: { readdir(path: string): string[] }
  }
  export default function load(): Promise<Espeak>
}
