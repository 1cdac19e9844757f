import { z } from 'zod'
import { tlsSchema } from '../../util/tls-files.ts'
import { commonSinkShape } from '../common.ts'
import {
  archiveShape,
  hasWholeLogin,
  searchSinkShape,
  wholeLogin,
} from '../elasticsearch/config.ts'

export const opensearchSinkSchema = z
  .strictObject({
    ...commonSinkShape,
    type: z.literal('opensearch'),
    ...searchSinkShape,
    tls: tlsSchema.prefault({}),
    archive: z.strictObject(archiveShape).prefault({}),
  })
  .refine(hasWholeLogin, wholeLogin)

export type OpensearchSinkConfig = z.output<typeof opensearchSinkSchema>
