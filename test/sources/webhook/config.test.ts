import { describe, expect, it } from 'vitest'
import { webhookConfigSchema } from '../../../src/sources/webhook/config.ts'

function problems(config: unknown): [string, string][] {
  const parsed = webhookConfigSchema.safeParse(config)
  return (parsed.error?.issues ?? []).map(({ message, path }) => [path.join('.'), message])
}

describe('the webhook configuration', () => {
  it('has a default for everything', () => {
    expect(webhookConfigSchema.parse({})).toEqual({
      listen: '127.0.0.1:9443',
      tls: { mode: 'auto', names: [] },
      clusters: [{ name: 'default' }],
      maxBodyBytes: 67_108_864,
      maxInFlightBytes: 167_772_160,
      maxConnections: 2000,
      headersTimeoutMs: 10_000,
      requestTimeoutMs: 60_000,
      consumeTimeoutMs: 25_000,
      keepAliveTimeoutMs: 90_000,
    })
  })

  it.each(['0.0.0.0:9443', '[::]:9443', 'audit.example.com:443', 'localhost:0'])(
    'takes the address %s',
    (listen) => expect(problems({ listen })).toEqual([]),
  )

  it.each(['9443', '127.0.0.1', ':9443', '::1:9443', 'host:70000', 'http://host:1'])(
    'refuses the address %s',
    (listen) =>
      expect(problems({ listen })).toEqual([
        ['listen', 'must be host:port, IPv6 in brackets, like 127.0.0.1:9443 or [::1]:9443'],
      ]),
  )

  it('takes plain HTTP on loopback only, unless told', () => {
    const off = { mode: 'off' }
    expect(problems({ listen: '127.0.0.1:1', tls: off })).toEqual([])
    expect(problems({ listen: '[::1]:1', tls: off })).toEqual([])
    expect(problems({ listen: '0.0.0.0:1', tls: { ...off, allowPlainHttp: true } })).toEqual([])
    expect(problems({ listen: '0.0.0.0:1', tls: off })).toEqual([
      [
        'tls.mode',
        'off is refused on an address that others can reach; use auto or files, or set tls.allowPlainHttp: true',
      ],
    ])
  })

  it('refuses cluster names that are no path, and the same name twice', () => {
    const name =
      'must be lower-case letters, digits, dot, underscore or dash, beginning with a letter or digit'
    expect(problems({ clusters: [{ name: 'Prod' }] })).toEqual([['clusters.0.name', name]])
    expect(problems({ clusters: [{ name: '../x' }] })).toEqual([['clusters.0.name', name]])
    expect(problems({ clusters: [{ name: 'a' }, { name: 'a' }] })).toEqual([
      ['clusters.1.name', 'is used twice'],
    ])
  })

  it('refuses settings that could not work', () => {
    expect(problems({ maxBodyBytes: 4096, maxInFlightBytes: 4096 })).toEqual([
      ['maxInFlightBytes', 'must be at least twice maxBodyBytes'],
    ])
    expect(problems({ clusters: [{ name: 'a', clientCommonNames: ['x'] }] })).toEqual([
      ['clusters.0.clientCommonNames', 'needs tls.clientCaFile'],
    ])
    expect(problems({ keepAliveTimeoutMs: 30_000 })).toHaveLength(1)
    expect(problems({ unknown: 1 })).toHaveLength(1)
  })
})
