import { spawn } from 'node:child_process'
import { once } from 'node:events'
import process from 'node:process'
import { createInterface } from 'node:readline'
import { expect, it } from 'vitest'

const families = {
  'anonymous access': /a stranger at .* was allowed to/,
  'secret reads': /listed the Secrets of all namespaces/,
  'exec and port-forward': /forwarded a port of pod/,
  'RBAC changes': /changed cluster role binding/,
  'token misuse': /got a token of service account/,
}

it('the demo shows alerts of all five families, says where to look next, and stays up until it is told to stop', {
  timeout: 90_000,
}, async () => {
  const child = spawn(process.execPath, ['test/support/demo.ts'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const lines: string[] = []
  for await (const line of createInterface({ input: child.stdout })) {
    lines.push(line)
    if (line.startsWith('Ctrl-C')) break
  }
  const text = lines.join('\n')
  const missing = Object.entries(families)
    .filter(([, sign]) => !sign.test(text))
    .map(([name]) => name)
  expect(missing).toEqual([])
  expect(text).toMatch(/(\d+) of \1 bodies acknowledged/)
  const address = /http:\/\/127\.0\.0\.1:\d+\/api\/v1\/alerts\?level=high/.exec(text)?.[0] ?? ''
  const answer = (await (await fetch(address)).json()) as { alerts: unknown[] }
  expect(answer.alerts.length).toBeGreaterThan(10)
  const ended = once(child, 'exit')
  child.kill('SIGTERM')
  expect((await ended)[0]).toBe(0)
})
