/** The tests that do not hold on a device, and why. */
interface Exclusion {
  devices: readonly string[]
  /** In the test's full name, or its file's. */
  tests: RegExp
  because: string
}

export const exclusions: readonly Exclusion[] = [
  {
    devices: ['webgpu'],
    tests: /target -?\d of 3 classes|a label -?\d of 3 classes is reported|reports the label|reports a target out of range|an index out of bounds/,
    because: 'a graphics chip reads something else where an index is out of range, and says nothing',
  },
  {
    devices: ['webgpu', 'wasm'],
    tests: /tells operators, bytes and times|takes functions that are not compiled yet/,
    because: "the test knows the CPU's operators",
  },
  {
    devices: ['webgpu', 'wasm'],
    tests: /compiles again for another number of threads/,
    because: 'the test names the CPU, whose threads these are',
  },
  {
    devices: ['wasm'],
    tests: /is fed back, read, gathered and freed|goes from graph to graph|is refused where another type is wanted|finds on the device what it finds on the CPU/,
    because: "inference graphs compute in ONNX Runtime, not in TF.js's own backends",
  },
]
