/** The tests that do not hold on a device, and why. */
interface Exclusion {
  devices: readonly string[]
  /** In the test's file and full name, `FILE > SUITE > TEST`. */
  tests: RegExp
  because: string
}

export const exclusions: readonly Exclusion[] = [
  {
    devices: ['webgpu', 'wasm'],
    tests: /target -?\d of 3 classes|a label -?\d of 3 classes is reported|reports the label|reports a target out of range|an index out of bounds/,
    because: "neither a graphics chip nor TF.js's wasm backend says when an index is out of range: something else is read",
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
    tests: /jit\.explain|(when|same|also) traced|traced training|compiled step|several signatures|checkpoint > takes less memory|a quarter of the memory|one operator that repeats a step/,
    because: "TF.js's own backends compile no functions",
  },
  {
    devices: ['wasm'],
    tests: /is fed back, read, gathered and freed|goes from graph to graph|is refused where another type is wanted|finds on the device what it finds on the CPU|inference graph|as two graphs/,
    because: "inference graphs compute in ONNX Runtime, not in TF.js's own backends",
  },
  {
    devices: ['wasm'],
    tests: /ran out of memory|was disposed is an error/,
    because: "TF.js's backend answers for itself",
  },
  {
    devices: ['wasm'],
    tests: /attention decoder with CTC > has the gradient that differences show|the lstm > has the gradients of central differences/,
    because: 'losses are rounded more coarsely there: differences of them are off by 0.1 to 0.2%',
  },
]

/** Whole files that concern ONNX Runtime alone: compiled functions, graphs of model folders, its backend's own specs. */
export const onnxAlone = [
  'packages/runtime/src/jit/jit.test.ts',
  'packages/runtime/src/ops/scan.test.ts',
  'packages/asr/src/model/load-recognizer.test.ts',
  'test/conformance/tfjs-specs.test.ts',
]
