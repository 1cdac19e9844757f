import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { eventListBody } from '../support/bodies.ts'
import { startApp } from '../support/running-app.ts'
import { createTemporaryFolder } from '../support/temporary-folder.ts'

function rules({ threshold = 4, title = 'Many', verb = 'get' } = {}): string {
  return `title: Base
id: 6b1fd2b0-3d5e-4a53-8f0e-1f5c0c8b7a01
name: base
logsource: { product: kubernetes, service: audit }
detection: { s: { verb: ${verb}, objectRef.resource: things }, condition: s }
---
title: ${title}
id: 6b1fd2b0-3d5e-4a53-8f0e-1f5c0c8b7a02
name: many
level: medium
correlation: { type: event_count, rules: [base], group-by: [user.username], timespan: 10m, condition: { gte: ${threshold} } }
`
}

/** A body with one request of a kind that the rule counts. */
function body(number: number): Buffer {
  return eventListBody([
    JSON.stringify({
      auditID: `request ${number}`,
      stage: 'ResponseComplete',
      verb: 'get',
      user: { username: 'alice' },
      sourceIPs: ['192.0.2.7'],
      objectRef: { resource: 'things', namespace: 'shop' },
      responseStatus: { code: 200 },
      requestReceivedTimestamp: `2026-01-01T00:00:0${number}.000000Z`,
      stageTimestamp: `2026-01-01T00:00:0${number}.000000Z`,
    }),
  ])
}

describe.each(['sqlite', 'memory'])('a reload of rules (log: %s)', (type) => {
  it.each([
    ['keeps windows of rules that mean the same', rules({ title: 'Really many' }), true],
    ['drops those of rules that mean something else', rules({ threshold: 3 }), false],
    ['and of rules whose parts do', rules({ verb: '[get, list]' }), false],
  ])('%s', async (_name, changed, isKept) => {
    await using folder = await createTemporaryFolder('reload')
    const path = join(folder.path, 'rules.yml')
    writeFileSync(path, rules())
    await using service = await startApp({
      log: { type },
      rules: { builtin: false, paths: [path] },
    })
    for (const number of [1, 2]) await service.post(body(number))
    await service.settle()
    writeFileSync(path, changed)
    await service.app.reload()
    for (const number of [3, 4]) await service.post(body(number))
    await service.settle()
    const alerts = (await service.alerts()).map(({ rule, status }) => `${rule.name} ${status}`)
    expect(alerts).toEqual(isKept ? ['many open'] : [])
    const dropped = service.said.filter(({ message }) =>
      message.startsWith('What rules remembered'),
    )
    // The watch reloads as well, and may find what the first reload has not taken away yet.
    expect([...new Set(dropped.map(({ fields }) => fields['part']))]).toEqual(
      isKept ? [] : ['correlation'],
    )
    const metrics = async () => (await fetch(`${service.adminUrl}/metrics`)).text()
    // The changed file is seen by itself as well, and the gauge begins anew with every set.
    await expect.poll(metrics).toContain('kubewitness_correlation_groups{rule="many"} 1')
    expect(
      (await metrics()).includes('kubewitness_state_dropped_records_total{part="correlation"}'),
    ).toBe(!isKept)
  })
})
