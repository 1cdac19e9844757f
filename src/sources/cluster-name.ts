import { z } from 'zod'

/** What a cluster may be called. */
export const clusterNameSchema = z
  .string()
  .regex(/^[a-z0-9][a-z0-9._-]*$/, {
    error:
      'must be lower-case letters, digits, dot, underscore or dash, beginning with a letter or digit',
  })
  .max(100)
