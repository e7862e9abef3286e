/** The part of jasmine-core 3 that runs the specs: the package has no types of its own. */
declare module 'jasmine-core' {
  export interface SpecDone {
    fullName: string
    /** 'pending' was declared so, 'excluded' was filtered out. */
    status: 'passed' | 'failed' | 'pending' | 'excluded'
    failedExpectations: { message: string }[]
    /** Milliseconds. */
    duration: number | null
  }

  export interface Reporter {
    specStarted?(): void
    specDone?(result: SpecDone): void
    jasmineDone?(): void
  }

  export interface Env {
    configure(options: { random: boolean }): void
    addReporter(reporter: Reporter): void
    execute(): void
  }

  interface JasmineRequire {
    /** Declares `describe`, `it` and the rest globally. */
    boot(required: JasmineRequire): { getEnv(): Env }
  }

  const required: JasmineRequire
  export default required
}
