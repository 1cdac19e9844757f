import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  fillHeader,
  fillPlainText,
  fillTemplate,
  parseTemplate,
  type TemplateJson,
  templateProblem,
} from '../../src/sinks/template.ts'
import { makeAlert } from './make-alert.ts'

const fill = (template: TemplateJson, alert = makeAlert()) =>
  fillTemplate(parseTemplate(template), alert)

describe('a template', () => {
  it('puts values into texts, and keeps the type of a value that stands alone', () => {
    expect(
      fill({
        text: '[{{rule.level}}] {{ summary }} ({{count}})',
        count: '{{count}}',
        tags: '{{rule.tags}}',
        why: ['{{why}}', 1, true, null],
        before: '{{previousLevel}}',
        beforeText: 'was: {{previousLevel}}',
        tagsText: 'tags {{rule.tags}}',
        plain: 'no { placeholder } here',
      }),
    ).toEqual({
      text: '[medium] alice@example.com opened a shell in pod shop/web-0 (1)',
      count: 1,
      tags: ['attack.execution', 'attack.t1609'],
      why: [[{ selection: 'exec', field: 'objectRef.subresource', value: 'exec' }], 1, true, null],
      before: null,
      beforeText: 'was: ',
      tagsText: 'tags ["attack.execution","attack.t1609"]',
      plain: 'no { placeholder } here',
    })
  })

  it('gives the whole alert', () => {
    expect(fill({ event: '{{alert}}' })).toEqual({ event: makeAlert() })
  })

  it.each([
    ['{{summary}}', undefined],
    ['{{ summary }} and {{count}}', undefined],
    ['{{sumary}}', /^there is no field sumary; fields are id, revision, /],
    ['{{constructor}}', /^there is no field constructor/],
    ['{{summary', /^a placeholder is a field/],
    ['{{#why}}x{{/why}}', /^a placeholder is a field/],
    ['{{{summary}}}', /^a placeholder is a field/],
    ['{{summary | upper}}', /^a placeholder is a field/],
  ])('%j has the problem %s', (text, problem) => {
    if (problem === undefined) expect(templateProblem(text)).toBeUndefined()
    else expect(templateProblem(text)).toMatch(problem)
  })

  it('keeps its structure whatever a client has chosen, and looks at no value twice', () => {
    const hostile = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom('{{id}}', '", "admin": true, "x": "', '\\', '\r\nX-Evil: 1', '__proto__'),
    )
    fc.assert(
      fc.property(hostile, (value) => {
        const alert = makeAlert({ summary: value, actor: value })
        const made = fill({ text: 'a {{summary}} b', actor: '{{actor}}' }, alert)
        expect(made).toEqual({ text: `a ${value} b`, actor: value })
        expect(fillHeader('by {{actor}}', alert)).toMatch(/^[\x20-\x7e]*$/)
        expect(fillPlainText('a\n{{actor}}\nb', alert).split('\n').length).toBe(3)
      }),
    )
  })

  it('takes time that grows with its length, not faster', () => {
    const text = '{{ '.repeat(100_000)
    expect(templateProblem(text)).toMatch(/^a placeholder/)
    expect(templateProblem(`{{${' '.repeat(200_000)}`)).toMatch(/^a placeholder/)
  })
})
