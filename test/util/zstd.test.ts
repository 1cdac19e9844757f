import fc from 'fast-check'
import { expect, test } from 'vitest'
import { pack, packNow, unpack } from '../../src/util/zstd.ts'

test('what is packed unpacks to the same, whatever it is', () => {
  const runs = fc.array(fc.tuple(fc.uint8Array({ maxLength: 40 }), fc.nat(3000)), { maxLength: 12 })
  fc.assert(
    fc.property(runs, (parts) => {
      const bytes = Buffer.concat(parts.flatMap(([part, times]) => Array(times).fill(part)))
      expect(Buffer.from(unpack(packNow(bytes), bytes.length + 1)).equals(bytes)).toBe(true)
    }),
    { numRuns: 50 },
  )
})

test('what cannot be made smaller is packed as well, and keeps no more memory than it needs', () => {
  const bytes = crypto.getRandomValues(new Uint8Array(65_536))
  const frame = packNow(bytes)
  expect(frame.buffer.byteLength).toBe(frame.length)
  expect(unpack(frame, bytes.length)).toEqual(Buffer.from(bytes))
})

test('what is large is packed in another thread, and unpacks to the same', async () => {
  const bytes = Buffer.alloc(5 << 20, 'audit events ')
  expect(Buffer.from(unpack(await pack(bytes), bytes.length)).equals(bytes)).toBe(true)
})
