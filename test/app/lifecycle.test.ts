import { expect, it } from 'vitest'
import { stopAll } from '../../src/app/lifecycle.ts'
import type { Component } from '../../src/contracts.ts'
import { createRecordingLogger } from '../support/recording-logger.ts'

it('stops all components though one never does, and says which', async () => {
  const stopped: string[] = []
  const component = (name: string, stop: Component['stop']): Component => ({
    name,
    start: async () => undefined,
    stop,
  })
  const quick = (name: string) => component(name, async () => void stopped.push(name))
  const stuck = component('stuck', () => new Promise(() => undefined))
  const logger = createRecordingLogger()
  await stopAll([quick('log'), stuck, quick('webhook')], AbortSignal.abort(), logger)
  expect(stopped).toEqual(['webhook', 'log'])
  expect(logger.lines).toEqual(["error Components did not stop in time { components: 'stuck' }"])
})
