import { expect, it } from 'vitest'
import { loadedPackages } from '../support/loaded-packages.ts'

it('loads no client of a receiver before a sink needs it', () => {
  expect(loadedPackages('src/sinks/table.ts')).toEqual(['zod'])
})
