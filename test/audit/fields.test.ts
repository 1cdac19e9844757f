import { describe, expect, it } from 'vitest'
import { derivedFields } from '../../src/audit/derived/table.ts'
import { toAuditEvent } from '../../src/audit/event.ts'
import { createFieldReader, type FieldPaths } from '../../src/audit/fields.ts'
import { knownFields } from '../../src/audit/known-fields.ts'
import { compilePath } from '../../src/audit/path.ts'

const read = (root: unknown, path: string) => compilePath(path)(root)
const readEvent = (raw: Record<string, unknown>, path: string) =>
  createFieldReader(toAuditEvent(raw, { cluster: 'c', receivedAtMs: 0 })).read(path)

describe('a path', () => {
  it.each([
    ['verb', { verb: 'get' }, ['get']],
    ['verb', { verb: null }, [null]],
    ['verb', { verb: '' }, ['']],
    ['verb', { verb: false }, [false]],
    ['verb', {}, undefined],
    ['verb', { verb: {} }, [{}]],
    ['sourceIPs', { sourceIPs: [] }, []],
    ['sourceIPs', { sourceIPs: ['a', 'b'] }, ['a', 'b']],
    ['sourceIPs', { sourceIPs: [['a'], [[null], []]] }, ['a', null]],
    ['user.username', { user: { username: 'alice' } }, ['alice']],
    ['user.username', { user: {} }, undefined],
    ['user.username', { user: null }, undefined],
    ['user.username', { user: 'alice' }, undefined],
    ['user.username.first', { user: { username: 'alice' } }, undefined],
    ['user.username', { 'user.username': 'literal', user: { username: 'alice' } }, ['literal']],
    ['user.username', { 'user.username': null, user: { username: 'alice' } }, [null]],
  ])('%s in %j gives %j', (path, root, values) => {
    expect(read(root, path)).toEqual(values)
  })

  it.each([
    [
      'annotations.authorization.k8s.io/decision',
      { annotations: { 'authorization.k8s.io/decision': 'allow' } },
      ['allow'],
    ],
    [
      'user.extra.authentication.kubernetes.io/pod-name',
      { user: { extra: { 'authentication.kubernetes.io/pod-name': ['web-0'] } } },
      ['web-0'],
    ],
    [
      'requestObject.metadata.labels.app.kubernetes.io/name.x',
      { requestObject: { metadata: { labels: { 'app.kubernetes.io/name': { x: 1 } } } } },
      [1],
    ],
    ['a.b.c', { a: { b: {}, 'b.c': 1 } }, [1]],
    ['a.b.c', { 'a.b': {}, a: { b: { c: 1 } } }, [1]],
    ['a.b.c', { 'a.b': { c: 'longer' }, a: { 'b.c': 'shorter' } }, ['longer']],
    ['a..b', { a: { '': { b: 1 } } }, [1]],
    ['', { '': 1 }, [1]],
  ])('finds keys that hold dots: %s', (path, root, values) => {
    expect(read(root, path)).toEqual(values)
  })

  it.each([
    [
      'spec.containers.image',
      { spec: { containers: [{ image: 'a' }, {}, { image: 'b' }] } },
      ['a', 'b'],
    ],
    ['spec.containers.image', { spec: { containers: [] } }, undefined],
    ['spec.containers.image', { spec: { containers: [{}, null, 5] } }, undefined],
    ['spec.containers.args', { spec: { containers: [{ args: [] }] } }, []],
    [
      'spec.containers.args',
      { spec: { containers: [{ args: ['x'] }, { args: null }] } },
      ['x', null],
    ],
    ['a.b', { a: [[{ b: 1 }], [{ b: [2, 3] }]] }, [1, 2, 3]],
    ['a.b.c', { a: [{ 'b.c': 1 }, { b: { c: 2 } }] }, [1, 2]],
  ])('goes through arrays: %s in %j', (path, root, values) => {
    expect(read(root, path)).toEqual(values)
  })

  it('finds nothing that is inherited, and what only looks so', () => {
    for (const path of ['constructor', '__proto__', 'toString', 'user.constructor.name']) {
      expect(read({ user: {} }, path)).toBe(undefined)
    }
    const hostile: unknown = JSON.parse(
      '{"__proto__":{"x":1},"constructor":"c","user":{"hasOwnProperty":2}}',
    )
    expect(
      ['__proto__.x', 'constructor', 'user.hasOwnProperty'].map((path) => read(hostile, path)),
    ).toEqual([[1], ['c'], [2]])
  })

  it.each([null, undefined, 5, 'text', []])('finds nothing in %j', (root) => {
    expect(read(root, 'a')).toBe(undefined)
  })
})

describe('a reader', () => {
  it('keeps the paths it was given for the next event', () => {
    const paths: FieldPaths = new Map()
    const event = (verb: string) => toAuditEvent({ verb }, { cluster: 'c', receivedAtMs: 0 })
    expect(createFieldReader(event('get'), paths).read('verb')).toEqual(['get'])
    expect([...paths.keys()]).toEqual(['verb'])
    expect(createFieldReader(event('list'), paths).read('verb')).toEqual(['list'])
  })
})

describe('the derived field', () => {
  const exec =
    '/api/v1/namespaces/shop/pods/web-0/exec?command=sh&command=-c&command=cat%20%2Fetc%2Fpasswd&stdin=true'

  const deletion = { verb: 'delete', requestURI: '/x?dryRun=All' }
  const pods = (subresource: string | undefined) => ({
    objectRef: { resource: 'pods', subresource },
  })
  const kubelet = (uri: string) => ({
    objectRef: { resource: 'nodes', name: 'a', subresource: 'proxy' },
    requestURI: `/api/v1/nodes/a/proxy/${uri}`,
  })
  const session = (stage: string, code: number) => ({
    ...pods('exec'),
    stage,
    responseStatus: { code },
  })

  it.each<[string, Record<string, unknown>, readonly unknown[] | undefined]>([
    ['peerIp', { sourceIPs: ['198.51.100.1', '192.0.2.7'] }, ['192.0.2.7']],
    ['peerIp', {}, undefined],
    ['peerIp', { peerIp: 'forged' }, undefined],
    [
      'claimedIps',
      { sourceIPs: ['198.51.100.1', '198.51.100.2', '192.0.2.7'] },
      ['198.51.100.1', '198.51.100.2'],
    ],
    ['claimedIps', { sourceIPs: ['192.0.2.7'] }, undefined],
    ['actor', { user: { username: 'alice' }, impersonatedUser: { username: 'bob' } }, ['alice']],
    ['actor', { user: {} }, undefined],
    [
      'effectiveUser',
      { user: { username: 'alice' }, impersonatedUser: { username: 'bob' } },
      ['bob'],
    ],
    ['effectiveUser', { user: { username: 'alice' } }, ['alice']],
    ['effectiveUser', {}, undefined],
    ['requestPath', { requestURI: '/a%20b/%2e%2E/c?x=/d' }, ['/a b/../c']],
    ['requestPath', { requestURI: '/%zz/%/%e2%82%ac/%ff/100%' }, ['/%zz/%/€/\ufffd/100%']],
    ['requestPath', { requestURI: '' }, ['']],
    ['requestPath', { requestURI: null }, undefined],
    ['requestPath', {}, undefined],
    ['requestQuery.fieldManager', { requestURI: '/x?fieldManager=a+b&FieldManager=c' }, ['a b']],
    ['requestQuery.command', { requestURI: exec }, ['sh', '-c', 'cat /etc/passwd']],
    ['requestQuery.a', { requestURI: '/x?a&a=&a=1=2&%61=3&a=%zz' }, ['', '', '1=2', '3', '%zz']],
    ['requestQuery.a.b/c', { requestURI: '/x?a.b%2Fc=1' }, ['1']],
    ['requestQuery.a', { requestURI: '/x?b=a' }, undefined],
    ['requestQuery.a', {}, undefined],
    ['execCommand', { ...pods('exec'), requestURI: exec }, ['sh -c cat /etc/passwd']],
    ['execCommand', { ...pods('attach'), requestURI: '/x?command=sh' }, ['sh']],
    ['execCommand', { ...pods('attach'), requestURI: '/x?stdin=true' }, undefined],
    ['execCommand', { ...pods('log'), requestURI: '/x?command=sh' }, undefined],
    ['execCommand', { ...pods(undefined), requestURI: '/x?command=sh' }, undefined],
    ['execCommand', { ...pods('exec'), requestURI: 5 }, undefined],
    ['execCommand', kubelet('run/shop/web-0/web?cmd=id+-u'), ['id -u']],
    ['execCommand', kubelet('//exec/shop/web-0/web?command=id&command=-u'), ['id -u']],
    ['execCommand', kubelet('metrics?command=id'), undefined],
    ['sessionKind', pods('exec'), ['exec']],
    ['sessionKind', pods('portforward'), ['portForward']],
    ['sessionKind', pods('log'), undefined],
    [
      'sessionKind',
      { objectRef: { apiGroup: 'x', resource: 'pods', subresource: 'exec' } },
      undefined,
    ],
    ['sessionKind', kubelet('portForward/shop/web-0'), ['portForward']],
    ['sessionKind', kubelet('cri/exec/token'), ['exec']],
    ['sessionKind', kubelet('run/shop/web-0/web?cmd=id'), ['run']],
    ['sessionKind', kubelet('runningpods/'), undefined],
    ['isSessionStart', session('ResponseStarted', 101), [true]],
    ['isSessionStart', session('ResponseComplete', 101), [false]],
    ['isSessionStart', session('ResponseStarted', 403), [false]],
    ['isSessionStart', { ...session('ResponseStarted', 101), ...pods('log') }, [false]],
    ['proxiedPath', kubelet('metrics//cadvisor?x=1'), ['/metrics/cadvisor']],
    ['proxiedPath', kubelet(''), ['/']],
    [
      'proxiedPath',
      {
        objectRef: { resource: 'services', subresource: 'proxy' },
        requestURI: '/api/v1/namespaces/shop/services/https:web:443/proxy/a%2Fb',
      },
      ['/a/b'],
    ],
    ['proxiedPath', { ...pods('exec'), requestURI: exec }, undefined],
    ['isCreate', { verb: 'create' }, [true]],
    ['isCreate', { verb: 'create', objectRef: { subresource: 'exec' } }, [false]],
    ['isCreate', { verb: 'create', objectRef: { subresource: '' } }, [true]],
    ['isCreate', { verb: 'patch', responseStatus: { code: 201 } }, [true]],
    ['isCreate', { verb: 'update', responseStatus: { code: '201' } }, [true]],
    ['isCreate', { verb: 'patch', responseStatus: { code: 200 } }, [false]],
    ['isCreate', { verb: 'get', responseStatus: { code: 201 } }, [false]],
    ['isCreate', {}, [false]],
    ['isDryRun', { requestURI: '/x?dryRun=All' }, [true]],
    ['isDryRun', { requestURI: '/x?dryRun=' }, [false]],
    ['isDryRun', { requestURI: '/x' }, [false]],
    ['isDryRun', {}, [false]],
    ['isDryRun', { ...deletion, level: 'Metadata' }, [false]],
    ['isDryRun', { ...deletion, verb: 'deletecollection', level: 'Metadata' }, [false]],
    ['isDryRun', { ...deletion, level: 'Request' }, [true]],
    [
      'isDryRun',
      { ...deletion, level: 'Request', requestObject: { kind: 'DeleteOptions' } },
      [false],
    ],
    ['isDryRun', { ...deletion, level: 'Request', requestObject: { dryRun: ['All'] } }, [true]],
    [
      'isDryRun',
      { verb: 'delete', level: 'RequestResponse', requestObject: { dryRun: ['All'] } },
      [true],
    ],
    [
      'isDryRun',
      {
        verb: 'create',
        objectRef: { resource: 'serviceaccounts', subresource: 'token' },
        requestURI: '/x?dryRun=All',
      },
      [false],
    ],
  ])('%s of %j is %j', (path, raw, values) => {
    expect(readEvent(raw, path)).toEqual(values)
  })

  it('is known by a name that no event has', () => {
    const wireKeys = [
      'kind',
      'apiVersion',
      'level',
      'auditID',
      'stage',
      'requestURI',
      'verb',
      'user',
      'impersonatedUser',
      'sourceIPs',
      'userAgent',
      'objectRef',
      'responseStatus',
      'requestObject',
      'responseObject',
      'requestReceivedTimestamp',
      'stageTimestamp',
      'annotations',
      'authenticationMetadata',
    ]
    expect(Object.keys(derivedFields).filter((name) => wireKeys.includes(name))).toEqual([])
    expect(knownFields).toEqual(expect.arrayContaining(Object.keys(derivedFields)))
    expect(new Set(knownFields).size).toBe(knownFields.length)
  })
})
