import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { packBatch, unpackBatch } from '../../src/audit/batch.ts'
import { splitBody } from '../../src/audit/split.ts'

const item = fc
  .record({ auditID: fc.string(), verb: fc.string({ unit: 'binary' }) })
  .map((value) => JSON.stringify(value))
const separator = fc.constantFrom(',', '\n', ' , \n', '')

describe('packing', () => {
  it('and unpacking gives back every item, column and replacement', () => {
    const bodies = fc.array(fc.tuple(item, separator, fc.option(item, { freq: 4 })), {
      maxLength: 20,
    })
    const name = fc.string({ unit: 'grapheme' })
    fc.assert(
      fc.property(name, name, bodies, (cluster, sender, pieces) => {
        const bytes = Buffer.from(pieces.map(([text, between]) => text + between).join(''))
        const { items } = splitBody(bytes)
        const replacements = new Map<number, Uint8Array>()
        const expected = pieces.map(([text, , replacement], i) => {
          if (replacement !== null) replacements.set(i, Buffer.from(replacement))
          return replacement ?? text
        })
        const batch = unpackBatch(packBatch({ cluster, sender, bytes, items, replacements }), 9)
        expect([batch.cluster, batch.sender, batch.receivedAtMs]).toEqual([cluster, sender, 9])
        expect(Buffer.from(batch.bytes).toString()).toEqual(expected.join('\n'))
        expect(
          expected.map((_, i) =>
            Buffer.from(batch.bytes).toString('utf8', batch.index.starts[i], batch.index.ends[i]),
          ),
        ).toEqual(expected)
        expect(batch.index.columns).toEqual(items.columns)
        expect(batch.index.annotationKeys).toEqual(items.annotationKeys)
        expect(batch.index.certainlyTrue).toEqual(items.certainlyTrue)
        expect(batch.index.certainlyFalse).toEqual(items.certainlyFalse)
        expect(batch.index.timesUs).toEqual(items.timesUs)
      }),
      { numRuns: 500 },
    )
  })
})
