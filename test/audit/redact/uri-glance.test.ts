import fc from 'fast-check'
import { expect, it } from 'vitest'
import { ByteReader } from '../../../src/audit/redact/byte-reader.ts'
import { Candidates } from '../../../src/audit/redact/candidates.ts'
import { jsonText } from '../../../src/audit/redact/text.ts'
import { findInUrl } from '../../../src/audit/redact/uri.ts'
import { isPlainUrl } from '../../../src/audit/redact/uri-glance.ts'

/** What credentials in URLs are made of, and what hides them, as they stand between the quotes of a JSON string. */
const pieces = [
  ...[
    '/',
    '?',
    '&',
    '\\u0026',
    '=',
    '%3D',
    '+',
    ' ',
    '\\t',
    '%20',
    ':',
    '%3A',
    '://',
    '@',
    '.',
    '\\/',
  ],
  ...[
    'labelSelector=',
    'command=',
    'watch=true',
    'authorization',
    'bEARER',
    'basic',
    'password',
    'token',
    'sid',
  ],
  ...[
    'eyJhbGciOiJIUzI1NiJ9',
    'eyAiYWxnIjoiIn0',
    '%65yJhbGciOiJIUzI1NiJ9',
    '\\u0070assword',
    '%25',
    'Zm9vOmJhcg==',
  ],
  ...['-----BEGIN PRIVATE KEY-----', 'LS0tLS1CRUdJTiBSU0EgUFJJVkFURSBLRVk', 'x', 'é', '-p'],
]

it('a URL that looks plain holds nothing that a thorough look finds, but what is searched for in the whole item', () => {
  const reader = new ByteReader()
  const candidates = new Candidates(reader)
  let plain = 0
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...pieces), { maxLength: 8 }), (parts) => {
      const bytes = Buffer.from(`"${parts.join('')}"`)
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
      reader.fill(bytes, 0, bytes.length)
      candidates.takeItem(bytes, 0, bytes.length, true)
      if (candidates.anyIn(0, bytes.length) || !isPlainUrl(view, 1, bytes.length - 1)) return
      plain += 1
      expect(findInUrl(jsonText(bytes, 1, bytes.length - 1))).toEqual([])
    }),
    { numRuns: 20_000 },
  )
  expect(plain).toBeGreaterThan(500)
})

it.each([
  ['/api/v1/pods', true],
  ['/api/v1/pods?watch=true\\u0026timeoutSeconds=5', true],
  ['/api/v1/pods?labelSelector=app%3Dshop', true],
  ['/api/v1/services/https:shop:443/proxy/', false],
  ['/api/v1/pods/bEARER x1', false],
  ['/api/v1/pods/%70assword', false],
  ['/api/v1/pods?labelSelector=authorization: x', false],
  ['/api/v1/pods?labelSelector=bEARER x1', false],
  ['/api/v1/pods?access_token=x', false],
])('whether it looks plain: %s', (url, isPlain) => {
  const bytes = Buffer.from(url)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  expect(isPlainUrl(view, 0, bytes.length)).toBe(isPlain)
})
