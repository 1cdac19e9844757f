import { expect, it } from 'vitest'
import { requestOfEvent } from '../../../src/audit/policy/request.ts'

it('the request of an event has no name when the name came from the body of a create', () => {
  const event = {
    verb: 'create',
    user: { username: 'alice', groups: ['developers'] },
    objectRef: { resource: 'pods', namespace: 'shop', name: 'web-0' },
  }
  expect(requestOfEvent(event)).toEqual({
    user: { name: 'alice', groups: ['developers'] },
    verb: 'create',
    isResource: true,
    apiGroup: '',
    resource: 'pods',
    subresource: '',
    namespace: 'shop',
    name: '',
    path: '',
  })
})

it('the request of an event without a user name failed authentication, and its path has no query', () => {
  const event = { verb: 'get', user: {}, requestURI: '/healthz?verbose=1' }
  expect(requestOfEvent(event)).toMatchObject({
    user: undefined,
    isResource: false,
    path: '/healthz',
  })
})
