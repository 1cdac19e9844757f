import { z } from 'zod'

/** The section `roles` of the configuration. */
export const rolesConfigSchema = z.strictObject({
  observe: z
    .boolean()
    .default(false)
    .describe(
      'Keep what each user asks for, so that `/api/v1/roles` can suggest roles (docs/roles.md); takes a thread and, under load, 20 to 80 MiB of memory.',
    ),
})
