import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import process from 'node:process'
import { setTimeout as wait } from 'node:timers/promises'
import { isDeepStrictEqual } from 'node:util'
import { authorityFile, ownCertificate } from '../../../src/sources/webhook/own-certificate.ts'
import { systemClock } from '../../../src/util/clock.ts'
import { makeAlert } from '../../sinks/make-alert.ts'
import { startChild } from '../../support/child.ts'
import { freePorts } from '../../support/free-port.ts'
import { createTemporaryFolder } from '../../support/temporary-folder.ts'
import { report, startRealSink } from './world.ts'

// `node test/verify/real-sinks/syslog.ts`: the sink against rsyslog over TLS, TCP and UDP (Debian: rsyslog, rsyslog-openssl),
// with rsyslog killed by signal 9 and started again. What was delivered must be in its file, each field as it was sent.
const program = process.env['RSYSLOGD'] ?? '/usr/sbin/rsyslogd'
await using folder = await createTemporaryFolder('rsyslog')
const [tlsPort, tcpPort, udpPort] = (await freePorts(3)) as [number, number, number]
await ownCertificate({ dataDirectory: folder.path, names: ['localhost'], clock: systemClock })
const file = (name: string) => join(folder.path, name)
writeFileSync(
  file('rsyslog.conf'),
  `global(workDirectory="${folder.path}" maxMessageSize="16k"
  DefaultNetstreamDriver="ossl" DefaultNetstreamDriverCAFile="${authorityFile(folder.path)}"
  DefaultNetstreamDriverCertFile="${file('tls/server.crt')}" DefaultNetstreamDriverKeyFile="${file('tls/server.key')}")
module(load="imptcp")
module(load="imtcp" StreamDriver.Name="ossl" StreamDriver.Mode="1" StreamDriver.AuthMode="anon")
module(load="imudp")
template(name="fields" type="list") {
  property(name="pri") constant(value="\\t") property(name="timereported" dateFormat="rfc3339") constant(value="\\t")
  property(name="hostname") constant(value="\\t") property(name="app-name") constant(value="\\t")
  property(name="msgid") constant(value="\\t") property(name="structured-data") constant(value="\\t")
  property(name="msg") constant(value="\\n")
}
ruleset(name="write") { action(type="omfile" file="${file('received')}" template="fields") }
input(type="imtcp" port="${tlsPort}" address="127.0.0.1" ruleset="write")
input(type="imptcp" port="${tcpPort}" address="127.0.0.1" ruleset="write")
input(type="imudp" port="${udpPort}" address="127.0.0.1" ruleset="write")
`,
)
execFileSync(program, ['-N1', '-f', file('rsyslog.conf')], { stdio: 'pipe' })

const reachable = (port: number) =>
  new Promise<void>((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => resolve(void socket.end()))
    socket.on('error', reject)
  })
const start = () =>
  startChild({
    name: 'rsyslog',
    command: [program, '-n', '-f', file('rsyslog.conf'), '-i', file('pid')],
    folder: folder.path,
    environment: {},
    check: async () => {
      await reachable(tlsPort)
      await reachable(tcpPort)
    },
    readyTimeoutMs: 20_000,
  })
const received = () =>
  readFileSync(file('received'), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => line.split('\t'))
const idsOf = (prefix: string) =>
  received()
    .flatMap((fields) => /\bid="([^"]*)"/.exec(fields[5] ?? '')?.[1] ?? [])
    .filter((id) => id.startsWith(prefix))
const numbered = (prefix: string, count: number) =>
  Array.from({ length: count }, (_, i) => makeAlert({ id: `${prefix}-${i}` }))

let server = await start()
try {
  const common = { type: 'syslog', host: 'localhost', hostname: 'kw-0' }
  const tls = await startRealSink({
    ...common,
    port: tlsPort,
    tls: { caFile: authorityFile(folder.path) },
  })
  const tcp = await startRealSink({ ...common, port: tcpPort, transport: 'tcp' })
  const udp = await startRealSink({ ...common, host: '127.0.0.1', port: udpPort, transport: 'udp' })
  await tls.write([makeAlert({ id: 'one' })])
  await wait(500)
  const [pri, time, hostname, app, msgid, data, message = ''] = received()[0]!
  report(
    'one alert over TLS',
    [pri, time, hostname, app, msgid],
    ['132', '2026-01-01T00:00:05.250000Z', 'kw-0', 'kubewitness', 'alert'],
  )
  report(
    'its structured data',
    data,
    '[kubewitness@32473 id="one" revision="1" status="open" level="medium" rule="exec_into_pod" cluster="prod" actor="alice@example.com" peerIp="192.0.2.7" object="pods/exec shop/web-0" count="1"]',
  )
  report(
    'its JSON is the alert',
    isDeepStrictEqual(JSON.parse(message), makeAlert({ id: 'one' })),
    true,
  )
  for (const [prefix, sink] of [
    ['tls', tls],
    ['tcp', tcp],
    ['udp', udp],
  ] as const) {
    await sink.write(numbered(prefix, 500))
    await wait(1_000)
    report(
      `500 over ${prefix}: received, distinct`,
      [idsOf(`${prefix}-`).length, new Set(idsOf(`${prefix}-`)).size],
      [500, 500],
    )
  }
  for (const [prefix, sink] of [
    ['killed-tls', tls],
    ['killed-tcp', tcp],
  ] as const) {
    const delivered: string[] = []
    const writing = (async () => {
      for (let i = 0; i < 40; i++) {
        const batch = numbered(`${prefix}-${i}`, 50)
        for (let tries = 0; tries < 100; tries++) {
          const outcomes = await sink.attempt(batch)
          if (outcomes.every(({ status }) => status === 'delivered')) break
          await wait(100)
        }
        delivered.push(...batch.map(({ id }) => id))
      }
    })()
    for (let kill = 0; kill < 5; kill++) {
      await wait(700)
      await server.kill('SIGKILL')
      server = await start()
    }
    await writing
    await wait(1_000)
    const there = new Set(idsOf(prefix))
    report(
      `${prefix}: told as delivered, missing after 5 kills`,
      [delivered.length, delivered.filter((id) => !there.has(id)).length],
      [2000, 0],
    )
  }
  for (const sink of [tls, tcp, udp]) await sink.stop()
} finally {
  await server.kill('SIGKILL')
}
