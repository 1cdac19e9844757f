import { join } from 'node:path'
import { expect, it } from 'vitest'
import { z } from 'zod'
import { createJsonFile } from '../../src/app/json-file.ts'
import { createRecordingLogger } from '../support/recording-logger.ts'
import { createTemporaryFolder } from '../support/temporary-folder.ts'

it('a file that is saved several times at once holds what was saved last', async () => {
  await using folder = await createTemporaryFolder('json-file')
  const logger = createRecordingLogger()
  const file = createJsonFile(join(folder.path, 'a.json'), z.array(z.string()), {
    logger,
    what: 'texts',
  })
  const values = Array.from({ length: 50 }, (_, i) => [`${i}`, 'x'.repeat((50 - i) * 1_000)])
  await Promise.all(values.map((value) => file.save(value)))
  expect(await file.load()).toEqual(values.at(-1))
  expect(logger.lines).toEqual([])
})
