import { describe, expect, it } from 'vitest'
import { createCredentials } from '../../../src/detect/credentials/credentials.ts'
import type { RuleSet } from '../../../src/detect/match.ts'
import { parseRules } from '../../../src/sigma/parse.ts'
import { matchBatch } from '../../support/match-batch.ts'
import { batchOf, ruleSetOf } from '../support.ts'
import { type Request, requestOf, webPod } from './support.ts'

function ruleSet(...detections: readonly string[]): RuleSet {
  const { rules } = parseRules(
    detections.map((detection, number) => ({
      path: `${number}.yml`,
      text: `title: ${detection.replaceAll(/[^a-zA-Z ]/g, '')}\nlogsource: { product: kubernetes }\ndetection: { a: ${detection}, condition: a }`,
    })),
  )
  return ruleSetOf(rules)
}

const thief: Request = { ...webPod, ip: '203.0.113.50', at: 9 }
const requests = [webPod, { ...webPod, at: 1 }, { ...webPod, at: 2 }, thief]
const batch = batchOf(requests.map((each) => JSON.stringify(requestOf(each).raw)).join('\n'))

describe('fields of what is remembered of credentials', () => {
  it('are read by rules, and only events of which there is something to tell are evaluated', () => {
    const result = matchBatch(
      ruleSet('{ credential.place: elsewhere }'),
      batch,
      createCredentials(),
    )
    expect(result.matches.map(({ itemNumber }) => itemNumber)).toEqual([3])
    expect(result.matches[0]?.event.credential?.otherAddresses).toEqual(['10.1.1.5'])
    // The first one, which told something, the next one, and the other place.
    expect(result.decoded).toBe(3)
  })

  it('are absent where there is nothing to tell, and where nothing is remembered', () => {
    const absent = ruleSet('{ credential.place: null, verb: list }')
    const numbers = (...given: Parameters<typeof matchBatch>): number[] =>
      matchBatch(...given).matches.map(({ itemNumber }) => itemNumber)
    expect(numbers(absent, batch, createCredentials())).toEqual([1, 2])
    expect(numbers(absent, batch)).toEqual([0, 1, 2, 3])
    expect(numbers(ruleSet('{ credential.place: elsewhere }'), batch)).toEqual([])
  })

  it('may be one of several things that a rule asks for', () => {
    const either = ruleSet('[{ credential.place: elsewhere }, { verb: get }]')
    expect(matchBatch(either, batch, createCredentials()).matches).toHaveLength(1)
  })
})
