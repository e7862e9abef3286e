import { describe as suite, expect, it } from 'vitest'
import { describe } from './describe.js'
import type { MachineInfo } from './info.js'
import { runCli } from './program.js'

async function run(...argv: string[]): Promise<{ code: number; out: string; err: string }> {
  const written = { out: '', err: '' }
  const code = await runCli(argv, {
    stdout: { write: (text) => (written.out += text) },
    stderr: { write: (text) => (written.err += text) },
  })
  return { code, ...written }
}

suite('parlance-runtime', () => {
  it('says which devices there are when it is asked for another', async () => {
    const { code, err } = await run('info', '--device', 'tpu')
    expect([code, err]).toEqual([
      2,
      "parlance-runtime: option '-d, --device <name>' argument 'tpu' is invalid. Allowed choices are auto, cuda, webgpu, cpu, wasm, tensorflow.\n",
    ])
  })

  it('rejects a number of threads that is none', async () => {
    const { code, err } = await run('info', '--threads', '0')
    expect([code, err]).toEqual([2, "parlance-runtime: option '--threads <n>' argument '0' is invalid. It must be a whole number of 1 or more.\n"])
  })

  it('says what a device lacks that cannot be had', async () => {
    const { code, out, err } = await run('info', '--device', 'tensorflow')
    expect([code, out, err]).toEqual([
      1,
      '',
      "parlance-runtime: The device 'tensorflow' cannot be had: neither @tensorflow/tfjs-node-gpu nor @tensorflow/tfjs-node is " +
        'installed: npm install @tensorflow/tfjs-node.\n',
    ])
  })

  it('describes a machine', () => {
    const info: MachineInfo = {
      versions: { parlance: '1.2.3', node: '22.1.0', onnxRuntime: '1.30.0', tensorflowJs: '4.22.0' },
      platform: 'linux-x64',
      cpu: { model: 'Some CPU', threads: 8 },
      memory: 16 * 2 ** 30,
      devices: [
        { device: 'cuda', available: false, missing: 'its libraries are not installed' },
        { device: 'webgpu', available: true, adapter: 'hardware' },
        { device: 'cpu', available: true },
      ],
      measured: {
        device: 'webgpu',
        threads: 8,
        adapter: 'hardware',
        passedOver: [{ device: 'cuda', because: 'its libraries are not installed' }],
        products: [{ size: 1024, gflops: 9876.4 }, { size: 4096, gflops: 12345.6 }],
        bandwidth: { megabytes: 67.1, gigabytesPerSecond: 456.78 },
      },
    }
    expect(describe(info)).toBe(`parlance 1.2.3, Node 22.1.0, ONNX Runtime 1.30.0, TF.js 4.22.0, linux-x64
Some CPU, 8 threads, 16.0 GiB of memory

cuda    no: its libraries are not installed
webgpu  yes (computes in hardware)
cpu     yes
auto takes webgpu.

On webgpu (hardware), 8 threads on the CPU, float32:
1024 × 1024 × 1024 products        9876 GFLOP/s
4096 × 4096 × 4096 products       12346 GFLOP/s
reading and writing 67 MB         456.8 GB/s
`)
  })
})
