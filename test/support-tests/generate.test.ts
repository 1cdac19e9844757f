import { describe, expect, it } from 'vitest'
import { itemsOf, plantedKinds } from '../support/bodies.ts'
import { createBodyGenerator, expectedAlerts } from '../support/generate.ts'
import { createRandom } from '../support/random.ts'

const generate = createBodyGenerator({ seed: 7 })

describe('the generator', () => {
  it('gives the same bytes for the same seed and number, and others for others', () => {
    const again = createBodyGenerator({ seed: 7 })
    expect(again(3).bytes.equals(generate(3).bytes)).toBe(true)
    expect(again(4).bytes.equals(generate(3).bytes)).toBe(false)
    expect(createBodyGenerator({ seed: 8 })(3).bytes.equals(generate(3).bytes)).toBe(false)
  })

  it('does not depend on the order of the calls', () => {
    const other = createBodyGenerator({ seed: 7 })
    const late = other(9).bytes
    other(1)
    expect(generate(9).bytes.equals(late)).toBe(true)
  })

  it('makes 400 well-formed Metadata events of about 1.1 KB', () => {
    const { bytes, items } = generate(0)
    const texts = items.map(({ auditID, stage, text }) => ({ auditID, stage, text }))
    expect(itemsOf(bytes)).toEqual(texts)
    expect(items).toHaveLength(400)
    expect(bytes.length / 400).toBeGreaterThan(950)
    expect(bytes.length / 400).toBeLessThan(1_250)
    const levels = items.map((item) => (JSON.parse(item.text) as { level: string }).level)
    expect(new Set(levels)).toEqual(new Set(['Metadata']))
  })

  it('gives every event an audit id of its own, across bodies and seeds', () => {
    const others = createBodyGenerator({ seed: 8 })
    const bodies = [0, 1, 2, 3, 4].flatMap((number) => [generate(number), others(number)])
    const ids = bodies.flatMap((body) => body.items.map((item) => item.auditID))
    expect(new Set(ids).size).toBe(10 * 400)
    const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}$/
    expect(ids.every((id) => uuid.test(id))).toBe(true)
  })

  it('plants what it was told, and says which', () => {
    const bodies = Array.from({ length: 10 }, (_, number) => generate(number))
    const expected = expectedAlerts(bodies)
    expect(plantedKinds.map((kind) => expected[kind].length)).toEqual([4, 4, 4, 4, 4])
    for (const body of bodies) {
      expect(body.items.filter((item) => item.planted !== undefined)).toHaveLength(2)
    }
  })

  it('plants each kind as what a rule looks for, and nothing like it elsewhere', () => {
    const bodies = [0, 1, 2, 3, 4].map((number) => generate(number))
    const kindsSeen = new Set<string>()
    for (const item of bodies.flatMap((body) => body.items)) {
      const kind = kindOf(item.text)
      expect(kind).toBe(item.planted)
      if (kind !== undefined) kindsSeen.add(kind)
    }
    expect(kindsSeen).toEqual(new Set(plantedKinds))
  })

  it('gives planted events actors of their own, so that nothing joins them', () => {
    const planted = Array.from({ length: 10 }, (_, number) => generate(number))
      .flatMap((body) => body.items)
      .filter((item) => item.planted !== undefined && item.planted !== 'anonymous')
    const actors = planted.map((item) => (JSON.parse(item.text) as Shape).user.username)
    expect(new Set(actors).size).toBe(planted.length)
  })

  it('moves on by 100 ms a body, and stamps microseconds', () => {
    const stamps = [0, 9, 10].map((number) => {
      const [first] = generate(number).items
      return (JSON.parse(first!.text) as Shape).requestReceivedTimestamp
    })
    expect(stamps).toEqual([
      '2026-01-01T00:00:00.000000Z',
      '2026-01-01T00:00:00.900000Z',
      '2026-01-01T00:00:01.000000Z',
    ])
  })

  it('makes hostile content that still is JSON with ids of its own', () => {
    const hostile = createBodyGenerator({ seed: 7, hostile: 1, plantedPerBody: 0, events: 100 })
    const { bytes, items } = hostile(0)
    expect(itemsOf(bytes)).toEqual(items)
    expect(new Set(items.map((item) => item.auditID)).size).toBe(100)
    const text = bytes.toString()
    const marks = ['\\u003cscript\\u003e', '"__proto__"', '\\u0000', 'TRUNCATED', '203.0.113.199']
    expect(marks.filter((mark) => !text.includes(mark))).toEqual([])
  })

  it('makes the share of hostile events that was asked for', () => {
    const some = createBodyGenerator({ seed: 7, hostile: 0.25, plantedPerBody: 0, events: 4_000 })
    const plain = createBodyGenerator({ seed: 7, plantedPerBody: 0, events: 4_000 })
    expect(some(0).bytes.length).toBeGreaterThan(plain(0).bytes.length * 1.2)
  })
})

describe('seeded randomness', () => {
  it('is even enough, and the same for the same seeds', () => {
    const random = createRandom(1, 2)
    const rolls = Array.from({ length: 10_000 }, () => random())
    const again = createRandom(1, 2)
    expect(rolls.slice(0, 5)).toEqual(Array.from({ length: 5 }, () => again()))
    expect(rolls.every((roll) => roll >= 0 && roll < 1)).toBe(true)
    const tenths = Array.from(
      { length: 10 },
      (_, tenth) => rolls.filter((roll) => Math.floor(roll * 10) === tenth).length,
    )
    expect(Math.min(...tenths)).toBeGreaterThan(900)
    expect(Math.max(...tenths)).toBeLessThan(1_100)
  })
})

interface Shape {
  readonly verb: string
  readonly user: { readonly username?: string }
  readonly objectRef?: { resource?: string; subresource?: string; namespace?: string }
  readonly requestReceivedTimestamp: string
}

function kindOf(text: string): string | undefined {
  const {
    verb,
    user,
    objectRef: { resource, subresource, namespace } = {},
  } = JSON.parse(text) as Shape
  if (user.username === 'system:anonymous') return 'anonymous'
  if (resource === 'pods' && subresource === 'exec') return 'exec'
  if (resource === 'secrets' && verb === 'list' && namespace === undefined) return 'secretList'
  if (resource === 'clusterrolebindings' && verb === 'create') return 'clusterRoleBinding'
  if (resource === 'serviceaccounts' && subresource === 'token') return 'tokenRequest'
  return undefined
}
