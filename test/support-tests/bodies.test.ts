import { describe, expect, it } from 'vitest'
import {
  eventListBody,
  hugeBody,
  itemOf,
  itemsOf,
  poisonedBody,
  poisons,
  recordedBody,
} from '../support/bodies.ts'
import { readEvents, readRecording } from '../support/recordings.ts'

describe('bodies', () => {
  it('are written as the webhook backend writes them', () => {
    const { bytes } = recordedBody('metadata')
    expect(eventListBody(itemsOf(bytes).map((item) => item.text)).equals(bytes)).toBe(true)
  })

  it('take an event of the log backend without what the webhook leaves out', () => {
    const path = 'attacks/exec-websocket.jsonl'
    const lines = readRecording(path).toString('utf8').trimEnd().split('\n')
    const texts = readEvents(path).map((event) => itemOf(event).text)
    const head = '"kind":"Event","apiVersion":"audit.k8s.io/v1",'
    expect(texts).toEqual(lines.map((line) => line.replace(head, '')))
    expect(texts.some((text) => text.includes('\\u0026'))).toBe(true)
  })

  it.each([
    ['metadata', 400, 300_000],
    ['requestResponse', 400, 700_000],
    ['largest', 340, 9_900_000],
    ['blocking', 1, 400],
  ] as const)('of the recording %s hold %i events', (kind, count, leastBytes) => {
    const { bytes } = recordedBody(kind)
    expect(itemsOf(bytes)).toHaveLength(count)
    expect(bytes.length).toBeGreaterThan(leastBytes)
  })

  it('of 40 MB are well-formed, of events of 100 KiB with ids of their own', () => {
    const { bytes, items } = hugeBody({ seed: 1 })
    expect(bytes.length).toBeGreaterThan(40_000_000)
    expect(bytes.length).toBeLessThan(41_500_000)
    expect(items.every((item) => item.text.length === 102_400)).toBe(true)
    expect(itemsOf(bytes)).toEqual(items)
    expect(new Set(items.map((item) => item.auditID)).size).toBe(400)
    expect(hugeBody({ seed: 1, events: 2 }).bytes).toEqual(hugeBody({ seed: 1, events: 2 }).bytes)
  })

  it.each([0, 1, 3])('carry the poison at place %i, between whole neighbours', (at) => {
    const items = ['{"auditID":"a"}', '{"auditID":"b"}', '{"auditID":"c"}']
    const list = JSON.parse(poisonedBody(items, at, 'notAnObject').toString()) as {
      items: unknown[] // the poison 42 leaves the body well-formed
    }
    expect(list.items[at]).toBe(42)
    expect(list.items.filter((item) => item !== 42)).toEqual(items.map((item) => JSON.parse(item)))
  })

  it.each(['badEscape', 'badNumber', 'trailingComma', 'unclosed'] as const)(
    'with the poison %s are not JSON',
    (poison) => {
      expect(() => JSON.parse(poisonedBody(['{}'], 1, poison).toString())).toThrow(SyntaxError)
    },
  )

  it('with the poison badUtf8 are not UTF-8', () => {
    const decoder = new TextDecoder('utf-8', { fatal: true })
    expect(() => decoder.decode(poisons.badUtf8)).toThrow(TypeError)
  })
})
