import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { impliedBy, impliedByPresence } from '../../src/audit/derived/implied.ts'
import { derivedFields } from '../../src/audit/derived/table.ts'
import { toAuditEvent } from '../../src/audit/event.ts'
import { createFieldReader } from '../../src/audit/fields.ts'
import type { AuditEvent, EventRule, Expr, FieldExpr } from '../../src/contracts.ts'
import { parseRule, ruleText } from '../sigma/support.ts'
import { namesToTry } from '../support/derived-names.ts'
import { naiveMatches } from '../support/naive-rules.ts'
import { listRecordings, readEvents } from '../support/recordings.ts'

const place = { selection: 'a', location: { path: 'test', line: 1, column: 1 } }
const paths = Object.keys(derivedFields).flatMap((name) =>
  name.endsWith('.') ? namesToTry(name).map((rest) => name + rest) : [name],
)

/** Every statement that a derived field makes about the wire, beside the test that it is about. */
const statements = paths.flatMap((path) => {
  const { values = [] } = derivedFields[path] ?? {}
  const tests = values.flatMap(({ value }) => [
    { condition: parseCondition({ [path]: value }), isWanted: true },
    { condition: parseCondition({ [path]: [null, value] }), isWanted: false },
  ])
  const presence = impliedByPresence(path, place)
  return [
    ...(presence === undefined
      ? []
      : [{ told: ruleOf(presence), asked: ruleOf(parseCondition({ [`${path}|exists`]: true })) }]),
    ...tests.flatMap(({ condition, isWanted }) => {
      const told = impliedBy(condition, isWanted)
      const asked: Expr = isWanted ? condition : { kind: 'not', item: condition }
      return told === undefined ? [] : [{ told: ruleOf(told), asked: ruleOf(asked) }]
    }),
  ]
})

function parseCondition(selection: Readonly<Record<string, unknown>>): FieldExpr {
  // A selection of one field is one test.
  return parseRule(ruleText(`a: ${JSON.stringify(selection)}`, 'a')).condition as FieldExpr
}

function ruleOf(condition: Expr): EventRule {
  return { ...parseRule(ruleText('a: { verb: get }', 'a')), condition }
}

function eventOf(raw: Record<string, unknown>): AuditEvent {
  return toAuditEvent(raw, { cluster: 'test', receivedAtMs: 0 })
}

/** How many of the statements apply to the event; each of them has to hold. */
function expectTrue(raw: Record<string, unknown>): number {
  const event = eventOf(raw)
  let applied = 0
  for (const { told, asked } of statements) {
    if (naiveMatches([asked], event).length === 0) continue
    applied += 1
    if (naiveMatches([told], event).length === 0)
      expect.fail(`${JSON.stringify(asked.condition)} of ${JSON.stringify(raw)}`)
  }
  return applied
}

function expectOfType(raw: Record<string, unknown>): void {
  const reader = createFieldReader(eventOf(raw))
  for (const path of paths) {
    const found = reader.read(path)
    const field = derivedFields[path] ?? derivedFields[path.slice(0, path.indexOf('.') + 1)]
    if (field === undefined || found === undefined) continue
    if (field.isList !== true) expect([path, found.length]).toEqual([path, 1])
    if (field.values !== undefined)
      expect(field.values.map(({ value }) => value)).toContain(found[0])
    if (field.type !== 'any')
      for (const value of found)
        expect([path, typeof value]).toEqual([path, field.type === 'text' ? 'string' : field.type])
  }
}

const names = ['benign', 'attacks', 'special'].flatMap((folder) =>
  listRecordings(folder, '.jsonl').map((name) => `${folder}/${name}`),
)
/** Of the longest files every so many events. */
const recorded = names.flatMap((name) => {
  const events = readEvents(name)
  const step = Math.ceil(events.length / 150)
  return events.filter((_event, i) => i % step === 0)
})

describe('derived fields', () => {
  it('have the type and the values that their table says, and what they say of the wire is true of every recorded event', () => {
    let applied = 0
    for (const raw of recorded) {
      expectOfType(raw)
      applied += expectTrue(raw)
    }
    expect(applied).toBeGreaterThan(recorded.length * 5)
  })

  it('never throw and never say what is not true, whatever stands in an event', () => {
    const odd = fc.oneof(
      fc.constantFrom<unknown>(null, '', 0, -1, true, [], {}, [[]], [null], 'x', '%zz', '"'),
      fc.constantFrom<unknown>(
        ...['RequestReceived', 'Panic', 'patch', 'create', 201, '403', 'nodes', 'proxy', 'exec'],
        ...['system:', 'SYSTEM:node:a', 'system:serviceaccount:a:b', 'system:anonymous', '::1'],
        ...['/api/v1/nodes/a/proxy/run/x?cmd=a&dryRun=All', 'CURL/8', 'x is forbidden: x'],
      ),
      fc.jsonValue({ maxDepth: 3 }),
    )
    fc.assert(
      fc.property(
        fc.constantFrom(...recorded),
        fc.array(fc.tuple(fc.nat(), odd), { minLength: 1, maxLength: 4 }),
        (raw, changes) => {
          const changed = changes.reduce(withChange, raw)
          expectOfType(changed)
          expectTrue(changed)
        },
      ),
      { numRuns: 1200 },
    )
  })
})

/** The event with one of its values, at any depth, replaced. */
function withChange(
  raw: Record<string, unknown>,
  [place, value]: [number, unknown],
): Record<string, unknown> {
  const copy = structuredClone(raw)
  const places = placesOf(copy, 400)
  const [holder, key] = places[place % places.length] ?? [copy, 'verb']
  holder[key] = value
  return copy
}

type Place = readonly [Record<string, unknown>, string]

function placesOf(root: object, most: number): Place[] {
  const places: Place[] = []
  const waiting: object[] = [root]
  for (let object = waiting.shift(); object !== undefined; object = waiting.shift()) {
    for (const [key, value] of Object.entries(object)) {
      // Arrays are objects with numbers for keys here.
      if (places.push([object as Record<string, unknown>, key]) >= most) return places
      if (typeof value === 'object' && value !== null) waiting.push(value)
    }
  }
  return places
}
