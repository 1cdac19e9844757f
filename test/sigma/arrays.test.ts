import { describe, expect, it } from 'vitest'
import { createRuleSet } from '../../src/detect/match.ts'
import { eventOf } from '../detect/support.ts'
import { codesOf, parseRule, ruleText } from './support.ts'

function arrayRule(selection: string, version = 3): string {
  return `sigma-version: ${version}\n${ruleText(`selection: ${selection}`)}`
}

/** On a whole event, as compiled. */
function isMatch(selection: string, event: object): boolean {
  const ruleSet = createRuleSet([parseRule(arrayRule(selection))], {
    onRuleFailure: (_rule, error) => {
      throw error
    },
  })
  return ruleSet.matchEvent(eventOf({ ...event })).length > 0
}

function codesOfSelection(selection: string): string[] {
  return codesOf(arrayRule(selection)).map((code) => code.split(' ')[0] ?? '')
}

const pod = {
  c: [
    { name: 'web', privileged: false, image: 'nginx', ports: [80, 443] },
    { name: 'side', privileged: true, image: 'busybox', ports: [22], env: [{ n: 'A', v: '1' }] },
  ],
}

describe('arrays under `sigma-version: 3`', () => {
  it('S62 without that version a bracket belongs to the name, and with 1 or 2 too', () => {
    const text = arrayRule("{ 'a[any]': x }", 2)
    expect(parseRule(text).condition).toMatchObject({ kind: 'field', path: 'a[any]' })
    expect(codesOf(arrayRule("{ 'a[any]': { b: c } }", 2))).toEqual(['value.nested 6:26'])
    for (const version of ['4', 'x', '0', '[3]', '3.5.']) {
      expect(codesOf(`sigma-version: ${version}\n${ruleText('selection: { a: b }')}`)).toEqual([
        'rule.sigmaVersion 1:1',
      ])
    }
    expect(codesOf(`sigma-version: '2.1.0'\n${ruleText('selection: { a: b }')}`)).toEqual([])
  })

  it('S63 a block is about one element: `[any]` holds when some element has all of it', () => {
    expect(isMatch("{ 'c[any]': { privileged: true, image: busybox } }", pod)).toBe(true)
    expect(isMatch("{ 'c[any]': { privileged: true, image: nginx } }", pod)).toBe(false)
    expect(isMatch('{ c.privileged: true, c.image: nginx }', pod)).toBe(true)
    expect(
      isMatch("{ 'c[any]': [{ image: x }, { privileged: true, name|startswith: si }] }", pod),
    ).toBe(true)
    expect(isMatch("{ 'c[any]': { name: web } }", {})).toBe(false)
    expect(isMatch("{ 'c[any]': { name: null } }", { c: [] })).toBe(false)
  })

  it('S64 `[all]` wants every element and one at least; `[all_or_empty]` is true of an empty or absent array too', () => {
    expect(isMatch("{ 'c[all]': { name|exists: true } }", pod)).toBe(true)
    expect(isMatch("{ 'c[all]': { privileged: true } }", pod)).toBe(false)
    for (const event of [{}, { c: [] }]) {
      expect(isMatch("{ 'c[all]': { privileged: true } }", event)).toBe(false)
      expect(isMatch("{ 'c[all_or_empty]': { privileged: true } }", event)).toBe(true)
    }
    expect(isMatch("{ 'c[all_or_empty]': { privileged: true } }", pod)).toBe(false)
  })

  it('S65 `[none]` holds when no element has all of it, so also when the array is empty or absent', () => {
    expect(isMatch("{ 'c[none]': { image: redis } }", pod)).toBe(true)
    expect(isMatch("{ 'c[none]': { privileged: true } }", pod)).toBe(false)
    expect(isMatch("{ 'c[none]': { privileged: true } }", {})).toBe(true)
    expect(isMatch("{ 'c[none]': { privileged: true } }", { c: [] })).toBe(true)
  })

  it('S66 a block with a `condition` has named selections; blocks stand within blocks', () => {
    const block = '{ p: { privileged: true }, n: { name: side }, condition: p and not n }'
    expect(isMatch(`{ 'c[any]': ${block} }`, pod)).toBe(false)
    expect(
      isMatch(
        "{ 'c[any]': { p: { privileged: true }, n: { name: web }, condition: p and not n } }",
        pod,
      ),
    ).toBe(true)
    expect(isMatch("{ 'c[any]': { name: side, 'env[any]': { n: A, v: '1' } } }", pod)).toBe(true)
    expect(isMatch("{ 'c[any].env[any]': { n: A, v: '2' } }", pod)).toBe(false)
    expect(codesOfSelection("{ 'c[any]': { p: { a: b }, condition: p and q } }")).toEqual([
      'condition.undefined',
    ])
  })

  it('S67 `.` is the element itself; a selector before a value asks it of the elements', () => {
    expect(isMatch("{ 'c.ports[any]': { '.|gte': 100, '.|lt': 500 } }", pod)).toBe(true)
    expect(isMatch("{ 'a[all]': x }", { a: ['x', 'X'] })).toBe(true)
    expect(isMatch("{ 'a[all]': x }", { a: ['x', 'y'] })).toBe(false)
    expect(isMatch("{ 'a[all]|startswith': [x, y] }", { a: ['x1', 'y1'] })).toBe(true)
    expect(isMatch("{ 'c[all].image|contains': n }", pod)).toBe(false)
    expect(isMatch("{ 'a[any]|neq': x }", { a: ['x', 'y'] })).toBe(true)
  })

  it('S68 `[0]` is the first element and `[-1]` the last; where there is none, everything in it is absent', () => {
    expect(isMatch("{ 'c[0].name': web }", pod)).toBe(true)
    expect(isMatch("{ 'c[1].name': web }", pod)).toBe(false)
    expect(isMatch("{ 'c[-1]': { name: side, privileged: true } }", pod)).toBe(true)
    expect(isMatch("{ 'c[-1].ports[0]': 22 }", pod)).toBe(true)
    expect(isMatch("{ 'c[2].name': null }", pod)).toBe(true)
    expect(isMatch("{ 'c[2].name': '*' }", pod)).toBe(false)
  })

  it('S69 a value that is no array is an array of itself, and arrays on the way are one', () => {
    expect(isMatch("{ 'a[all]': { b: 1 } }", { a: { b: 1 } })).toBe(true)
    expect(isMatch("{ 'a[0]': x }", { a: 'x' })).toBe(true)
    expect(isMatch("{ 'c.ports[-1]': 22 }", pod)).toBe(true)
  })

  it(String.raw`S70 \[ and \] are brackets of a name; other selectors, lone brackets and keywords in a block are errors`, () => {
    expect(isMatch(String.raw`{ 'a\[0\]': x }`, { 'a[0]': 'x' })).toBe(true)
    for (const key of ['a[some]', 'a[01]', 'a[', 'a]', '[any]', 'a[any]b', 'a[any].', 'a[]']) {
      expect([key, codesOfSelection(`{ '${key}': x }`)]).toEqual([key, ['field.selector']])
    }
    expect(codesOfSelection("{ 'a[any]': { '|contains': x } }")).toEqual(['keyword.place'])
    expect(codesOfSelection("{ 'a[any]|contains': { b: x } }")).toEqual(['value.nested'])
    expect(codesOfSelection("{ 'a[any]': [{ b: x }, c] }")).toEqual(['value.nested'])
    expect(codesOfSelection("{ 'a[any]': {} }")).toEqual(['selection.empty'])
    expect(codesOfSelection("{ 'a[any]': [] }")).toEqual(['field.empty'])
    expect(codesOfSelection('{ a: { b: c } }')).toEqual(['value.nested'])
  })
})
