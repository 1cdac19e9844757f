import { PassThrough } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { write } from '../../src/cli/context.ts'

describe('writing results', () => {
  it('waits for a slow reader each time, and leaves nothing behind at the stream', async () => {
    const stream = new PassThrough({ highWaterMark: 4 })
    const before = stream.eventNames().length
    for (let count = 0; count < 20; count++) {
      let isWritten = false
      const writing = write(stream, 'more than it holds').then(() => {
        isWritten = true
      })
      await Promise.resolve()
      expect(isWritten).toBe(false)
      stream.read()
      await writing
    }
    expect(stream.eventNames().length).toBe(before)
  })

  it('does not wait for a reader who has gone', async () => {
    const stream = new PassThrough({ highWaterMark: 4 })
    stream.on('error', () => undefined)
    const writing = write(stream, 'more than it holds')
    stream.destroy()
    await writing
    await write(stream, 'more than it holds')
  })
})
