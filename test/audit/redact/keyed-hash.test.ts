import { createHmac } from 'node:crypto'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { createKeyedHash } from '../../../src/audit/redact/keyed-hash.ts'

it('is the HMAC-SHA-256 of node:crypto, of keys and values of any length', () => {
  const bytes = fc.uint8Array({ maxLength: 200 })
  fc.assert(
    fc.property(bytes, fc.array(bytes, { maxLength: 5 }), (key, values) => {
      const hash = createKeyedHash(key)
      for (const value of values)
        expect(hash(value)).toBe(createHmac('sha256', key).update(value).digest('hex'))
    }),
  )
  for (const length of [4095, 4096, 4097, 100_000]) {
    const value = Buffer.alloc(length, 'x')
    expect(createKeyedHash(Buffer.from('k'))(value)).toBe(
      createHmac('sha256', 'k').update(value).digest('hex'),
    )
  }
})
