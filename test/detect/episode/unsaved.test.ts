import { expect, it } from 'vitest'
import { createUnsaved } from '../../../src/detect/episode/unsaved.ts'

it('what is unsaved is what has changed or gone since it was saved; what came and went in between is nothing', () => {
  const unsaved = createUnsaved()
  unsaved.restored('old')
  unsaved.change('a')
  unsaved.change('b')
  unsaved.remove('b')
  unsaved.remove('old')
  expect(unsaved.take()).toEqual({ changed: ['a'], gone: ['old'] })
  expect(unsaved.take()).toEqual({ changed: [], gone: [] })
  unsaved.remove('a')
  unsaved.change('a')
  unsaved.remove('old')
  expect(unsaved.take()).toEqual({ changed: ['a'], gone: [] })
  unsaved.change('a')
  unsaved.remove('a')
  expect(unsaved.take()).toEqual({ changed: [], gone: ['a'] })
})
