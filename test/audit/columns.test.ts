import { describe, expect, it } from 'vitest'
import { annotationKeyBit } from '../../src/audit/annotation-families.ts'
import { indexedFields } from '../../src/audit/item-keys.ts'
import { splitBody } from '../../src/audit/split.ts'
import { ABSENT, foldedHash, UNKNOWN } from '../../src/util/hash.ts'

const ALL_ONES = 0xffffffff

/** The columns of one item that are not absent. */
function columnsOf(item: string) {
  const { items, rejects } = splitBody(Buffer.from(`[${item}]`))
  expect([items.count, rejects]).toEqual([1, []])
  return Object.fromEntries(
    indexedFields
      .map((field) => [field, items.columns[field][0]])
      .filter(([, value]) => value !== ABSENT),
  )
}

function itemOf(item: string) {
  const { items, bytes } = splitBody(Buffer.from(item))
  const uri = Buffer.from(bytes).toString('utf8', items.uriStarts[0], items.uriEnds[0])
  return { uri, hasBody: items.hasBody[0], annotationKeys: items.annotationKeys[0] }
}

const bloom = (...keys: string[]) =>
  keys.reduce((bits, key) => (bits | annotationKeyBit(key)) >>> 0, 0)
const allUnknown = Object.fromEntries(indexedFields.map((field) => [field, UNKNOWN]))

describe('the indexed columns', () => {
  const full = {
    level: 'Metadata',
    auditID: 'a',
    stage: 'ResponseComplete',
    verb: 'CREATE',
    user: { username: 'alice', groups: ['verb'] },
    impersonatedUser: { username: 'bob' },
    objectRef: { resource: 'pods', subresource: 'exec', apiGroup: '' },
    responseStatus: { metadata: {}, code: 403 },
  }
  const expected = {
    verb: foldedHash('create'),
    stage: foldedHash('responsecomplete'),
    'objectRef.apiGroup': foldedHash(''),
    'objectRef.resource': foldedHash('pods'),
    'objectRef.subresource': foldedHash('exec'),
    'user.username': foldedHash('alice'),
    'impersonatedUser.username': foldedHash('bob'),
    'responseStatus.code': foldedHash('403'),
  }

  it('hold the folded hash of each text', () => {
    expect(columnsOf(JSON.stringify(full))).toEqual(expected)
  })

  it('do not depend on the order of keys, nor on white space', () => {
    const reversed = Object.fromEntries(Object.entries(full).reverse())
    expect(columnsOf(JSON.stringify(reversed, null, 2))).toEqual(expected)
    expect(columnsOf(JSON.stringify(full, null, '\t').replaceAll('":', '" \n:'))).toEqual(expected)
  })

  it.each([
    ['{"verb":null}', { verb: UNKNOWN }],
    ['{"verb":["get"]}', { verb: UNKNOWN }],
    ['{"verb":"g\\u0065t"}', { verb: UNKNOWN }],
    ['{"verb":"é"}', { verb: UNKNOWN }],
    ['{"verb":"get","user":null}', { verb: foldedHash('get'), 'user.username': UNKNOWN }],
    ['{"stage":"x","user":"alice"}', { stage: foldedHash('x'), 'user.username': UNKNOWN }],
    ['{"auditID":"x","user":[{"username":"alice"}]}', { 'user.username': UNKNOWN }],
    ['{"auditID":"x","user":{}}', {}],
    ['{"auditID":"x","user":{"extra":{"username":["alice"]}}}', {}],
    [
      '{"auditID":"x","responseStatus":{"code":"403"}}',
      { 'responseStatus.code': foldedHash('403') },
    ],
    ['{"auditID":"x","responseStatus":{"code":4.03e2}}', { 'responseStatus.code': UNKNOWN }],
    ['{"auditID":"x","responseStatus":{"code":-0}}', { 'responseStatus.code': UNKNOWN }],
    [
      '{"auditID":"x","responseStatus":{"code":1234567890123456789}}',
      { 'responseStatus.code': UNKNOWN },
    ],
  ])('say what the bytes tell and no more: %s', (item, columns) => {
    expect(columnsOf(item)).toEqual(columns)
  })

  it.each([
    ['a repeated key', '{"verb":"get","verb":"create"}'],
    ['a repeated parent', '{"auditID":"x","user":{"username":"a"},"user":{}}'],
    ['a repeated key below', '{"auditID":"x","user":{"username":"a","username":"b"}}'],
    ['a key with an escape', '{"auditID":"x","ver\\u0062":"create"}'],
    ['a key with an escape below', '{"auditID":"x","user":{"user\\u006eame":"a"}}'],
    ['a literal key that a path finds first', '{"auditID":"x","user.username":"a"}'],
  ])('are all unknown after %s', (_name, item) => {
    expect(columnsOf(item)).toEqual(allUnknown)
    expect(itemOf(item)).toEqual({ uri: item, hasBody: 1, annotationKeys: ALL_ONES })
  })
})

describe('beside the columns, a split tells', () => {
  it.each([
    ['{"auditID":"x"}', 0],
    ['{"auditID":"x","annotations":{}}', 0],
    ['{"auditID":"x","annotations":{"A/b":"1","c":2}}', bloom('a/b', 'c')],
    ['{"auditID":"x","annotations":null}', ALL_ONES],
    ['{"auditID":"x","annotations":{"a":{"b":1}}}', ALL_ONES],
    ['{"auditID":"x","annotations":{"\\u0061":"1"}}', ALL_ONES],
    ['{"auditID":"x","annotations":{"K":"1"}}', bloom('k')],
    ['{"auditID":"x","annotations":{"\u212a":"1"}}', ALL_ONES],
  ])('which annotation keys there may be: %s', (item, annotationKeys) => {
    expect(itemOf(item).annotationKeys).toBe(annotationKeys)
  })

  it.each([
    ['{"auditID":"x"}', 0],
    ['{"auditID":"x","requestObject":null,"responseObject":null}', 0],
    ['{"auditID":"x","requestObject":{}}', 1],
    ['{"auditID":"x","responseObject":"text"}', 1],
  ])('whether there is a body: %s', (item, hasBody) => {
    expect(itemOf(item).hasBody).toBe(hasBody)
  })

  it.each([
    ['{"auditID":"x"}', ''],
    ['{"requestURI":""}', ''],
    ['{"requestURI":"/api?a=\\"b\\""}', '/api?a=\\"b\\"'],
    ['{"auditID":"x","user":{"requestURI":"/x"}}', ''],
    ['{"requestURI":["/x"]}', '{"requestURI":["/x"]}'],
  ])('where the URI lies: %s', (item, uri) => {
    expect(itemOf(item).uri).toBe(uri)
  })
})
