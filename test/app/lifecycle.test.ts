import { expect, it } from 'vitest'
import { startAll, stopAll } from '../../src/app/lifecycle.ts'
import type { Component } from '../../src/contracts.ts'
import { KubewitnessError, messageOf } from '../../src/errors.ts'
import { createRecordingLogger } from '../support/recording-logger.ts'

function component(name: string, changes: Partial<Component>): Component {
  return { name, start: async () => undefined, stop: async () => undefined, ...changes }
}

it('starts what is side by side at once, and tells all of its errors when it has stopped what had started', async () => {
  const done: string[] = []
  const good = (name: string) =>
    component(name, {
      start: async () => void done.push(`start ${name}`),
      stop: async () => void done.push(`stop ${name}`),
    })
  const bad = (name: string) =>
    component(name, {
      start: async () => {
        throw new KubewitnessError('sink.unavailable', `opening ${name}`, { next: 'make it' })
      },
    })
  const logger = createRecordingLogger()
  const starting = startAll([good('log'), [bad('a'), good('b'), bad('c')], good('webhook')], logger)
  await expect(starting.catch(messageOf)).resolves.toBe(
    [
      'config.invalid: 2 things that the configuration names cannot be used:',
      '  sink.unavailable: opening a; make it',
      '  sink.unavailable: opening c; make it',
      'correct all of them, and start again',
    ].join('\n'),
  )
  expect(done).toEqual(['start log', 'start b', 'stop b', 'stop log'])
  await expect(startAll([[bad('a'), good('b')]], logger)).rejects.toMatchObject({
    code: 'sink.unavailable',
  })
})

it('stops all components though one never does, and says which', async () => {
  const stopped: string[] = []
  const quick = (name: string) => component(name, { stop: async () => void stopped.push(name) })
  const stuck = component('stuck', { stop: () => new Promise(() => undefined) })
  const logger = createRecordingLogger()
  await stopAll([quick('log'), stuck, quick('webhook')], AbortSignal.abort(), logger)
  expect(stopped).toEqual(['webhook', 'log'])
  expect(logger.lines).toEqual(["error Components did not stop in time { components: 'stuck' }"])
})
