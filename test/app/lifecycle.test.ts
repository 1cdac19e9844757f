import { expect, it } from 'vitest'
import { stopAll } from '../../src/app/lifecycle.ts'
import type { Component } from '../../src/contracts.ts'

it('stops all components though one never does, and says which', async () => {
  const stopped: string[] = []
  const said: unknown[] = []
  const component = (name: string, stop: Component['stop']): Component => ({
    name,
    start: async () => undefined,
    stop,
  })
  const quick = (name: string) => component(name, async () => void stopped.push(name))
  const stuck = component('stuck', () => new Promise(() => undefined))
  await stopAll([quick('log'), stuck, quick('webhook')], AbortSignal.abort(), {
    error: (message, fields) => said.push([message, fields]),
    warn: () => undefined,
    info: () => undefined,
    debug: () => undefined,
  })
  expect(stopped).toEqual(['webhook', 'log'])
  expect(said).toEqual([['Components did not stop in time', { components: 'stuck' }]])
})
