import { describe, expect, it } from 'vitest'
import { type Answer, outcomeOf } from '../../../src/rbac/observe/outcome.ts'

const none = { decision: '', reason: '', code: 0, hasUser: true }

describe('the outcome of a request', () => {
  it.each<[string, Partial<Answer>, string | undefined]>([
    ['allowed and done', { decision: 'allow', code: 200 }, 'used'],
    ['allowed and made', { decision: 'allow', code: 201 }, 'used'],
    ['allowed and not modified', { decision: 'allow', code: 304 }, 'used'],
    ['an upgraded connection', { decision: 'allow', code: 101 }, 'used'],
    ['allowed, no such object', { decision: 'allow', code: 404 }, 'failed'],
    ['allowed, a conflict', { decision: 'allow', code: 409 }, 'failed'],
    ['allowed, invalid', { decision: 'allow', code: 422 }, 'failed'],
    ['allowed, refused by an admission plugin', { decision: 'allow', code: 403 }, 'failed'],
    ['allowed, a disruption budget', { decision: 'allow', code: 429 }, 'failed'],
    ['allowed, a backend down', { decision: 'allow', code: 503 }, 'failed'],
    ['forbidden', { decision: 'forbid', code: 403 }, 'wanted'],
    ['not authenticated', { code: 401, hasUser: false }, undefined],
    ['refused before authentication', { code: 400, hasUser: false }, undefined],
    ['turned away by flow control', { code: 429 }, undefined],
    ['the authorizer broke', { code: 500, reason: 'internal error' }, undefined],
    ['no decision told, done', { code: 200 }, 'used'],
    ['no decision told, forbidden', { code: 403 }, 'wanted'],
    ['no decision told, no such object', { code: 404 }, 'failed'],
    ['no decision told, bad request', { code: 400 }, 'failed'],
    ['no decision told, time-out', { code: 504 }, 'failed'],
    ['nothing told', {}, 'used'],
  ])('%s', (_what, answer, expected) => {
    expect(outcomeOf({ ...none, ...answer })).toBe(expected)
  })
})
