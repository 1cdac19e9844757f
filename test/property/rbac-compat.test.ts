import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { toAuditEvent } from '../../src/audit/event.ts'
import { createAuthorizer } from '../../src/rbac/authorize.ts'
import { AuditedRequests, auditedRequest } from '../../src/rbac/compat/attributes.ts'
import { generateCompatible } from '../../src/rbac/compat/generate.ts'
import type { RbacObjects } from '../../src/rbac/objects.ts'
import type { AccessRequest } from '../../src/rbac/observe/access.ts'
import { Observation } from '../../src/rbac/observe/observation.ts'
import { resourceVerbs } from '../../src/rbac/resource-verbs.ts'
import { rbacObjectsOf } from '../../src/rbac/suggest/assemble.ts'
import { discoveryOf, leastUser } from '../../src/rbac/suggest/proof.ts'
import { subjectOfUser } from '../../src/rbac/suggest/subject.ts'
import { rawEvent } from '../rbac/observe/events.ts'
import { suggestionOf } from '../rbac/suggest/support.ts'
import { listRecordings, readEvents } from '../support/recordings.ts'

type Raw = Readonly<Record<string, unknown>>

const user = 'alice'
/** No session and nothing that an update made: there, more is needed than audit2rbac knows. */
const events = fc.array(
  fc
    .record({
      verb: fc.constantFrom('get', 'list', 'watch', 'create', 'update', 'patch', 'delete'),
      resource: fc.constantFrom('pods', 'nodes'),
      subresource: fc.constantFrom('', '', 'status'),
      namespace: fc.constantFrom('', 'a', 'b'),
      name: fc.integer({ min: 0, max: 40 }).map((n) => (n > 24 ? '' : `n${n}x`)),
      code: fc.constantFrom(200, 200, 404, 403),
    })
    .map(rawEvent),
  { maxLength: 80 },
)

function judgeOf(objects: RbacObjects, name: string): (request: AccessRequest) => boolean {
  const subject = subjectOfUser(name)
  const access = createAuthorizer(objects).forUser(leastUser(subject))
  const isDiscovery = discoveryOf(subject)
  return (request) => isDiscovery(request) || access.authorize(request).allowed
}

function theirs(all: readonly Raw[], name: string): (request: AccessRequest) => boolean {
  const requests = new AuditedRequests()
  for (const raw of all) {
    const request = auditedRequest(raw, name, '')
    if (request !== undefined) requests.add(request)
  }
  const options = {
    user: name,
    expandMultiNamespace: true,
    expandMultiName: true,
    name: 'x',
    labels: {},
    annotations: {},
  }
  const objects = generateCompatible(requests.sorted(), options).map((object) => ({
    object,
    rules: [],
  }))
  return judgeOf(rbacObjectsOf(objects), name)
}

function observationOf(all: readonly Raw[]): Observation {
  const observation = new Observation()
  for (const raw of all) observation.add(toAuditEvent(raw, { cluster: 'default', receivedAtMs: 0 }))
  return observation
}

describe('a suggestion beside the roles of audit2rbac', () => {
  it('is never broader', () => {
    const names = ['', 'other', ...Array.from({ length: 25 }, (_, n) => `n${n}x`)]
    fc.assert(
      fc.property(events, (all) => {
        const isOurs = judgeOf(rbacObjectsOf(suggestionOf(observationOf(all), user).objects), user)
        const isTheirs = theirs(all, user)
        for (const verb of resourceVerbs)
          for (const resource of ['pods', 'nodes'])
            for (const subresource of ['', 'status'])
              for (const namespace of ['', 'a', 'b', 'c'])
                for (const name of names) {
                  const request = {
                    verb,
                    isResource: true,
                    apiGroup: '',
                    resource,
                    subresource,
                    namespace,
                    name,
                    path: '',
                  }
                  if (isOurs(request) && !isTheirs(request))
                    expect(request).toBe('allowed by audit2rbac')
                }
      }),
      { numRuns: 60 },
    )
  })

  it('of the recorded users is never broader, but for what it says is implied', () => {
    const all = listRecordings('benign', '.jsonl').flatMap((name) => readEvents(`benign/${name}`))
    const observation = observationOf(all)
    for (const { user: name } of observation.profiles()) {
      const isTheirs = theirs(all, name)
      const rules = suggestionOf(observation, name).objects.flatMap((object) => object.rules)
      const broader = rules
        .flatMap(({ needs }) => needs)
        // Theirs has the query in the path, and so allows no path at all that was asked with one.
        .filter(
          ({ request, evidence }) =>
            request.isResource && evidence.every(({ origin }) => origin === 'request'),
        )
        .filter(({ request }) => !isTheirs(request))
        .filter(({ notes }) => notes.length === 0)
      expect([name, broader.map(({ request }) => request)]).toEqual([name, []])
    }
  })
})
