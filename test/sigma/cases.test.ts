import { describe, expect, it } from 'vitest'
import { compilePath } from '../../src/audit/path.ts'
import { splitBody } from '../../src/audit/split.ts'
import type { EventRule } from '../../src/contracts.ts'
import { createRuleSet } from '../../src/detect/match.ts'
import { scalarsOf } from '../../src/detect/scalars.ts'
import { parseRules } from '../../src/sigma/parse.ts'
import { eventOf } from '../detect/support.ts'
import { matchBatch } from '../support/match-batch.ts'
import { type LanguageCase, placeholders, readCases } from './cases.ts'
import { holds } from './support.ts'

const cases = readCases('test/sigma/cases')

/** The titles of the rules that match, for each event. */
type Titles = readonly (readonly string[])[]

/** By the plain reading of every condition. */
function naive(rules: readonly EventRule[], jsons: readonly string[]): Titles {
  return jsons.map((json) => {
    const event: unknown = JSON.parse(json)
    const matching = rules.filter(({ condition }) =>
      holds(
        condition,
        (path) => compilePath(path)(event),
        () => scalarsOf(event),
      ),
    )
    return matching.map(({ title }) => title)
  })
}

/** As `rules match --mapping none` does: compiled, and through the index or past it. */
function compiled(
  rules: readonly EventRule[],
  jsons: readonly string[],
  isIndexed: boolean,
): Titles {
  const ruleSet = createRuleSet(rules, {
    fieldNames: 'wire',
    onRuleFailure: (rule, error) => {
      throw new Error(`${rule.title} failed`, { cause: error })
    },
  })
  if (!isIndexed) {
    return jsons.map((json) =>
      ruleSet.matchEvent(eventOf(JSON.parse(json))).map(({ rule }) => rule.title),
    )
  }
  const { bytes, items: index } = splitBody(Buffer.from(jsons.join('\n')), { accepts: 'objects' })
  const { matches } = matchBatch(ruleSet, {
    cluster: 'x',
    sender: '',
    receivedAtMs: 0,
    bytes,
    index,
  })
  return jsons.map((_json, number) =>
    matches.filter(({ itemNumber }) => itemNumber === number).map(({ rule }) => rule.title),
  )
}

/** What the engines say of a case that loads, or the codes of the errors of one that does not. */
function outcomeOf({ rules: text, events }: LanguageCase): unknown {
  const { rules, problems } = parseRules([{ path: 'case.yml', text }], { placeholders })
  const errors = problems.filter(({ severity }) => severity === 'error')
  if (errors.length > 0) return { errors: errors.map(({ code }) => code) }
  const jsons = events.map(({ json }) => json)
  const eventRules = rules.filter((rule) => rule.kind === 'event')
  return {
    naive: naive(eventRules, jsons),
    direct: compiled(eventRules, jsons, false),
    indexed: compiled(eventRules, jsons, true),
  }
}

function expectedOf({ rules: text, events, errorCode }: LanguageCase): unknown {
  if (errorCode !== undefined) {
    const code: unknown = errorCode === '' ? expect.any(String) : errorCode
    return { errors: expect.arrayContaining([code]) }
  }
  const all = [...text.matchAll(/^title: (\w+)$/gm)].map((found) => found[1]!)
  const titles = events.map((event) => (event.titles === 'all' ? all : event.titles))
  return { naive: titles, direct: titles, indexed: titles }
}

describe('the language', () => {
  it('has cases', () => {
    expect(cases.length).toBeGreaterThanOrEqual(500)
  })

  it.each(cases)('$file:$line $why', (each) => {
    expect(outcomeOf(each)).toEqual(expectedOf(each))
  })
})
