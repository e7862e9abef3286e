import { describe, expect, it } from 'vitest'
import { DeviceLostError, explain, OutOfMemoryError } from './errors.js'

describe("ONNX Runtime's errors", () => {
  it.each([
    ['Failed to allocate memory for requested buffer of size 360000000000', '343,323 MiB more could not be allocated'],
    ['Buffer size (6400000000) exceeds the max buffer size limit (1073741824).\n - While', 'a tensor of 6,104 MiB is larger than the 1,024 MiB that the device takes in one piece'],
    ['WebGPU validation failed. [Invalid Buffer (unlabeled)] is invalid due to a previous error.', 'could not allocate'],
    ['std::bad_alloc', 'could not allocate'],
    ['limits_.maxStorageBuffersPerShaderStage was false. Too many storage buffers in shader. Current: 51, Max is 12', 'an operator uses larger or more tensors'],
    ['CUDA failure 2: out of memory ; GPU=0', 'could not allocate'],
  ])('about memory name it: %s', (text, wanted) => {
    const error = explain(new Error(text)) as Error
    expect(error).toBeInstanceOf(OutOfMemoryError)
    expect(error.message).toContain(wanted)
    expect(error.message).toContain('Make the batch or the shapes smaller')
  })

  it.each(['A valid external Instance: Device is lost.', 'vkQueueSubmit failed with VK_ERROR_DEVICE_LOST', 'CUDA failure 719: unspecified launch failure'])(
    'about a lost device say what to do: %s',
    (text) => {
      const error = explain(new Error(text)) as Error
      expect(error).toBeInstanceOf(DeviceLostError)
      expect(error.message).toContain('restart the process and resume from the last checkpoint')
    },
  )

  it('that are about something else stay as they are', () => {
    const error = new Error('indices element out of data bounds, idx=3')
    expect(explain(error)).toBe(error)
    expect(explain('text')).toBe('text')
  })
})
