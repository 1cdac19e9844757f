import { expect, test } from 'vitest'
import { createWakeups, type Pause } from '../../src/log/wakeups.ts'
import { createFakeClock } from '../support/fake-clock.ts'

function setUp() {
  const clock = createFakeClock(0)
  const wakeups = createWakeups(clock)
  const ended: [who: string, pause: Pause, atMs: number][] = []
  const pause = (who: string, topic: string, maxMs?: number): void => {
    void wakeups.pause(topic, maxMs).then((pause) => void ended.push([who, pause, clock.nowMs()]))
  }
  return { clock, wakeups, ended, pause }
}

test('a wake ends the pauses of its topic only', async () => {
  const { clock, wakeups, ended, pause } = setUp()
  pause('a', 'events', 100)
  pause('b', 'events')
  pause('c', 'alerts', 100)
  wakeups.wake('events')
  await clock.advance(10)
  expect(ended).toEqual([
    ['a', 'woken', 0],
    ['b', 'woken', 0],
  ])
  await clock.advance(1000)
  expect(ended.slice(2)).toEqual([['c', 'waited', 100]])
})

test('a pause lasts as long as was asked also when it begins while others of its length are under way', async () => {
  const { clock, wakeups, ended, pause } = setUp()
  pause('a', 'events', 100)
  await clock.advance(30)
  pause('b', 'alerts', 100)
  pause('c', 'alerts', 20)
  await clock.advance(20)
  wakeups.wake('events')
  pause('d', 'events', 100)
  await clock.advance(1000)
  expect(ended).toEqual([
    ['c', 'waited', 50],
    ['a', 'woken', 50],
    ['b', 'waited', 130],
    ['d', 'waited', 150],
  ])
  expect(clock.sleepers).toBe(0)
})

test('pauses that are woken again and again have one sleeper', async () => {
  const { clock, wakeups, ended, pause } = setUp()
  for (let i = 0; i < 20; i++) {
    pause('a', 'events', 100)
    await clock.advance(7)
    expect(clock.sleepers).toBe(1)
    wakeups.wake('events')
  }
  await clock.advance(0)
  expect(ended).toHaveLength(20)
  expect(ended.every(([, pause]) => pause === 'woken')).toBe(true)
})

test('at the end all are woken, and nobody sleeps any more', async () => {
  const { clock, wakeups, ended, pause } = setUp()
  pause('a', 'events', 100)
  pause('b', 'alerts')
  wakeups.end()
  await clock.advance(0)
  expect(ended).toEqual([
    ['a', 'woken', 0],
    ['b', 'woken', 0],
  ])
  expect(clock.sleepers).toBe(0)
})
