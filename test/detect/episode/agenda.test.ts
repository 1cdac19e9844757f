import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createAgenda } from '../../../src/detect/episode/agenda.ts'

describe('an agenda', () => {
  it('gives what is due, as a list would that is searched each time', () => {
    const step = fc.record({
      action: fc.constantFrom('add', 'add', 'take', 'remove'),
      cluster: fc.constantFrom('a', 'b'),
      time: fc.integer({ min: 0, max: 30 }),
      number: fc.integer({ min: 0, max: 9 }),
    })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 100 }), (steps) => {
        const agenda = createAgenda()
        const list = new Map<string, { cluster: string; time: number }>()
        for (const { action, cluster, time, number } of steps) {
          const id = `${cluster}${number}`
          if (action === 'add') {
            agenda.add(cluster, time, id)
            if ((list.get(id)?.time ?? 99) > time) list.set(id, { cluster, time })
          } else if (action === 'remove') {
            agenda.remove(id)
            list.delete(id)
          } else {
            const due = [...list]
              .filter(([, entry]) => entry.cluster === cluster && entry.time <= time)
              .sort(([idA, a], [idB, b]) => a.time - b.time || (idA < idB ? -1 : 1))
              .map(([dueId]) => dueId)
            expect(agenda.takeDue(cluster, time)).toEqual(due)
            for (const dueId of due) list.delete(dueId)
          }
        }
      }),
      { numRuns: 500 },
    )
  })

  it('does not grow with what has come and gone', () => {
    const agenda = createAgenda()
    agenda.add('a', 5, 'stays')
    for (let i = 0; i < 100_000; i++) {
      agenda.add('a', 1_000_000 + i, `id-${i}`)
      agenda.remove(`id-${i}`)
    }
    expect(agenda.size).toBeLessThan(1_100)
    expect(agenda.takeDue('a', 10)).toEqual(['stays'])
  })
})
