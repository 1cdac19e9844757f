import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { unpackBatch } from '../../src/audit/batch.ts'
import { unpack } from '../../src/util/zstd.ts'
import { eventListBody, itemsOf, poisonedBody, recordedBody } from '../support/bodies.ts'
import { findCanaries } from '../support/canaries.ts'
import { createBodyGenerator } from '../support/generate.ts'
import { recordedAttackBodies } from '../support/recorded-attacks.ts'
import { readWebhookBodies, recordingsFolder } from '../support/recordings.ts'
import { type RunningApp, startApp } from '../support/running-app.ts'

async function storedEvents({ app }: RunningApp): Promise<Record<string, unknown>[]> {
  const records = await app.log.browse('events', { order: 'oldest', limit: 10_000 })
  return records.flatMap(({ value, appendedAtMs }) => {
    const { bytes, index } = unpackBatch(unpack(value, 1 << 30), appendedAtMs)
    // What was stored is one JSON object an item.
    return Array.from(
      { length: index.count },
      (_, i) =>
        JSON.parse(Buffer.from(bytes).toString('utf8', index.starts[i], index.ends[i])) as Record<
          string,
          unknown
        >,
    )
  })
}

describe('the service', () => {
  it('stores every event of the recorded bodies and raises alerts of all five families', async () => {
    await using service = await startApp({ rules: { minimumLevel: 'low' } })
    const bodies = readWebhookBodies()
    for (const { bytes } of bodies) await service.post(bytes)
    for (const body of recordedAttackBodies()) await service.post(body)
    await service.settle()
    const stored = await storedEvents(service)
    const posted = bodies.reduce((sum, { events }) => sum + events, 0)
    expect(stored.length).toBeGreaterThan(posted)
    const rules = new Set((await service.alerts()).map((alert) => alert.rule.name))
    expect([...rules]).toEqual(
      expect.arrayContaining([
        'anonymous_request_allowed',
        'secrets_listed_in_all_namespaces',
        'pod_exec',
        'port_forward',
        'token_requested',
      ]),
    )
    expect([...rules].filter((name) => /binding|role/.test(name)).length).toBeGreaterThan(2)
    expect(await (await fetch(`${service.adminUrl}/api/v1/rejected`)).json()).toEqual({
      rejected: [],
      next: null,
    })
  })

  it('stores a body that is sent again once, and raises its alerts once', async () => {
    await using service = await startApp()
    const body = createBodyGenerator({ seed: 3 })(0)
    await service.post(body.bytes)
    await service.post(body.bytes)
    await service.settle()
    expect(await storedEvents(service)).toHaveLength(400)
    const alerts = await service.alerts()
    expect(new Set(alerts.map(({ id }) => id)).size).toBe(alerts.length)
    expect(alerts.length).toBeGreaterThanOrEqual(2)
  })

  it('keeps one poisoned item among 400 aside and takes the other 399', async () => {
    await using service = await startApp()
    const items = itemsOf(recordedBody('metadata').bytes).slice(0, 399)
    await service.post(
      poisonedBody(
        items.map(({ text }) => text),
        200,
        'trailingComma',
      ),
    )
    await service.settle()
    expect(await storedEvents(service)).toHaveLength(399)
    const { rejected } = (await (await fetch(`${service.adminUrl}/api/v1/rejected`)).json()) as {
      rejected: unknown[]
    }
    expect(rejected).toEqual([
      expect.objectContaining({
        schema: 'kubewitness.rejected/v1',
        cluster: 'default',
        reason: expect.any(String),
        offset: expect.any(Number),
        sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
      }),
    ])
    expect(await (await fetch(`${service.adminUrl}/metrics`)).text()).toMatch(
      /kubewitness_events_rejected_total\{cluster="default",reason="\w+"\} 1/,
    )
  })

  it('writes no planted secret to any file, answer or sink', async () => {
    await using service = await startApp({
      rules: { minimumLevel: 'informational' },
      sinks: [
        { name: 'out', type: 'stdout' },
        { name: 'file', type: 'file', path: './alerts.jsonl' },
      ],
    })
    for (const { bytes } of readWebhookBodies()) await service.post(bytes)
    await service.post(
      Buffer.from(
        '{"kind":"EventList","items":[{"requestObject":{"data":{"p":"CANARY-large-"}, Bearer CANARY-token-in-url-0123456789',
      ),
    )
    await service.settle()
    for (const path of ['api/v1/alerts?limit=1000', 'api/v1/rejected', 'metrics']) {
      writeFileSync(
        join(service.folder, `${path.replaceAll(/\W/g, '-')}.txt`),
        await (await fetch(`${service.adminUrl}/${path}`)).text(),
      )
    }
    const events = await storedEvents(service)
    writeFileSync(
      join(service.folder, 'events.jsonl'),
      events.map((event) => JSON.stringify(withoutNames(event))).join('\n'),
    )
    const hits = await findCanaries({
      paths: [service.folder],
      canaryFile: join(recordingsFolder, 'canaries.txt'),
    })
    expect(hits.map(({ canary, context }) => `${canary}: ${context}`)).toEqual([])
  })

  it('refuses a broken rule set on reload, keeps the one in use, and takes a good one', async () => {
    await using service = await startApp({
      rules: { builtin: false, paths: ['.'], minimumLevel: 'informational' },
    })
    const rule = (verb: string): string =>
      `title: Any ${verb}\nid: 4f6d2b52-6a2e-4c39-9d3b-5b7d1c1e0a01\nlevel: low\nlogsource: { product: kubernetes, service: audit }\ndetection: { selection: { verb: ${verb} }, condition: selection }\n`
    const path = join(service.folder, 'rule.yml')
    const post = async (auditID: string): Promise<void> =>
      service.post(
        eventListBody([
          JSON.stringify({
            level: 'Metadata',
            auditID,
            stage: 'ResponseComplete',
            verb: 'get',
            user: { username: `user ${auditID}` },
            requestURI: '/x',
            sourceIPs: ['192.0.2.1'],
          }),
        ]),
      )
    writeFileSync(path, rule('get'))
    await service.app.reload()
    await post('one')
    await service.settle()
    writeFileSync(path, rule('get').replace('condition: selection', 'condition: nothing'))
    await service.app.reload()
    expect(
      service.said.filter(({ message }) => message.startsWith('Reload refused')).at(-1)?.fields[
        'message'
      ],
    ).toMatch(/rule\.yml:\d+:\d+: error: .*nothing/)
    await post('two')
    await service.settle()
    writeFileSync(path, rule('delete'))
    await service.app.reload()
    await post('three')
    await service.settle()
    expect((await service.alerts()).map((alert) => alert.events[0]?.auditID)).toEqual([
      'one',
      'two',
    ])
  })

  it('starts without a folder of rules that is missing, takes it when it comes, and refuses to lose it', async () => {
    await using service = await startApp({
      rules: { builtin: false, paths: ['rules'], minimumLevel: 'informational' },
    })
    const path = join(service.folder, 'rules')
    const saidOf = (level: string) =>
      service.said
        .filter((line) => line.level === level)
        .map(({ message, fields }) => [message, fields])
    expect(saidOf('warn')).toEqual([
      [
        'A folder of rules is missing; its rules come into use when it is there',
        { path, next: 'make it, or correct rules.paths in the configuration' },
      ],
    ])
    const rulesInUse = async (): Promise<string | undefined> =>
      /^kubewitness_rules_loaded (\d+)$/m.exec(await service.app.metrics.text())?.[1]
    mkdirSync(path)
    writeFileSync(
      join(path, 'rule.yml'),
      'title: Any get\nid: 4f6d2b52-6a2e-4c39-9d3b-5b7d1c1e0a01\nlevel: low\nlogsource: { product: kubernetes, service: audit }\ndetection: { selection: { verb: get }, condition: selection }\n',
    )
    await service.app.reload()
    expect(await rulesInUse()).toBe('1')
    rmSync(path, { recursive: true })
    await service.app.reload()
    expect(saidOf('error').at(-1)).toEqual([
      'Reload refused; what was in use stays',
      {
        what: 'rules',
        message: expect.stringContaining(`cannot read rules from ${path}: there is no`),
      },
    ])
    expect(await rulesInUse()).toBe('1')
  })

  it('turns a body over the limit into an alert that names the flags that cure it', async () => {
    await using service = await startApp({
      webhook: { listen: '127.0.0.1:0', maxBodyBytes: 4096 },
      sinks: [{ name: 'out', type: 'stdout' }],
    })
    const result = await service.sender.send(Buffer.alloc(5000, 0x20), AbortSignal.timeout(20_000))
    expect(result.tries.map(({ status }) => status)).toEqual([413, 413, 413, 413, 413])
    await service.settle()
    const [alert, ...others] = await service.alerts()
    expect(others).toEqual([])
    expect(alert?.rule.name).toBe('body_too_large')
    expect(alert?.summary).toContain('--audit-webhook-truncate-enabled')
    expect(service.stdout()).toContain('"body_too_large"')
  })

  it('prints the token and every key to no diagnostics', async () => {
    await using service = await startApp()
    await service.post(recordedBody('metadata').bytes)
    const token = readFileSync(join(service.folder, 'data', 'tokens', 'default'), 'utf8').trim()
    expect(token.length).toBeGreaterThan(20)
    expect(JSON.stringify(service.said)).not.toContain(token)
  })
})

/** Names of objects may hold the word by chance of the recording; what a Secret, URL or command held may not. */
function withoutNames(event: Record<string, unknown>): unknown {
  return JSON.parse(
    JSON.stringify(event, (key, value: unknown) =>
      key === 'name' || key === 'objectRef' ? undefined : value,
    ),
  )
}
