import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { keepReport } from '../../src/app/report-folder.ts'
import { createTemporaryFolder } from '../support/temporary-folder.ts'

it('of each cluster the newest reports stay, also where one name begins with the other', async () => {
  await using folder = await createTemporaryFolder('reports')
  const reports = join(folder.path, 'reports')
  const monday = Date.UTC(2026, 0, 5, 6)
  const keep = (cluster: string, day: number) =>
    keepReport({
      folder: reports,
      cluster,
      atMs: monday + day * 86_400_000,
      keep: 2,
      document: `${cluster} ${day}`,
    })
  for (const cluster of ['a', 'a-2026', '../b']) await keep(cluster, 0)
  for (const day of [1, 2, 3]) await keep('a', day)
  const last = await keep('a', 3)
  expect(readdirSync(reports)).toEqual([
    'roles-..%2Fb-2026-01-05T0600Z.html',
    'roles-a-2026-01-07T0600Z.html',
    'roles-a-2026-01-08T0600Z.html',
    'roles-a-2026-2026-01-05T0600Z.html',
  ])
  expect(readFileSync(last, 'utf8')).toBe('a 3')
})
