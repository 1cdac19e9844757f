import { describe, expect, it } from 'vitest'
import { splitBody } from '../../src/audit/split.ts'
import { ABSENT, UNKNOWN } from '../../src/util/hash.ts'

const alice = '{"username":"alice","groups":["a"]}'

function itemOf(user: string, sourceIps: string, agent = '"kubectl/v1.36.3"'): string {
  return `{"auditID":"a","stage":"Panic","user":${user},"sourceIPs":${sourceIps},"userAgent":${agent}}`
}

function columnsOf(...items: string[]): { clients: number[]; agents: number[] } {
  // What is near the end of the bytes is not looked up.
  const { clients, agents } = splitBody(Buffer.from(`[${items.join(',')}]${' '.repeat(100)}`)).items
  return { clients: [...clients], agents: [...agents] }
}

describe('the hashes of a client', () => {
  it('are equal for the same user, peer address and agent, whatever addresses are claimed', () => {
    const { clients, agents } = columnsOf(
      itemOf(alice, '["192.0.2.7"]'),
      itemOf(alice, '["192.0.2.7"]'),
      itemOf(alice, '["198.51.100.1","192.0.2.7"]'),
      itemOf(alice, '[ "198.51.100.1" , "192.0.2.7"]'),
    )
    expect(new Set(clients).size).toBe(1)
    expect(new Set(agents).size).toBe(1)
  })

  it('differ when anything of the user, the peer address or the agent does', () => {
    const { clients, agents } = columnsOf(
      itemOf(alice, '["192.0.2.7"]'),
      itemOf(alice, '["192.0.2.8"]', '"kubectl/v1.36.4"'),
      itemOf(alice, '["192.0.2.7","192.0.2.9"]', '"Kubectl/v1.36.3"'),
      itemOf('{"username":"alice","groups":["b"]}', '["192.0.2.7"]', '""'),
      itemOf('{"username":"Alice","groups":["a"]}', '["192.0.2.7"]', '"é"'),
      itemOf('{}', '["192.0.2.7"]', 'null'),
      '{"auditID":"a","stage":"Panic","sourceIPs":["192.0.2.7"],"userAgent":"x"}',
    )
    expect(new Set(clients).size).toBe(7)
    expect(new Set(agents).size).toBe(7)
    for (const hash of [...clients, ...agents]) expect([ABSENT, UNKNOWN]).not.toContain(hash)
  })

  it('are unknown where the bytes do not tell', () => {
    const { clients, agents } = columnsOf(
      itemOf(alice, '"192.0.2.7"'),
      itemOf(alice, '["192.0.2.7" ]'),
      itemOf(alice, '["192.0.2.7",""]'),
      itemOf(alice, '[]'),
      itemOf(alice, '["a\\"192.0.2.7"]'),
      itemOf(alice, '["192.0.2.7"],"user":{}'),
    )
    expect(clients).toEqual(Array.from({ length: 6 }, () => UNKNOWN))
    expect(agents.slice(0, 5)).not.toContain(UNKNOWN)
    expect(agents[5]).toBe(UNKNOWN)
  })

  it('are absent for an agent that is absent', () => {
    expect(columnsOf('{"auditID":"a","stage":"Panic"}').agents).toEqual([ABSENT])
  })
})
