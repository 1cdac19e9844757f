import { z } from 'zod'

/** The section `roles` of the configuration. */
export const rolesConfigSchema = z.strictObject({
  observe: z
    .boolean()
    .default(false)
    .describe(
      'Keep what each user asks for, so that `/api/v1/roles` can suggest roles (docs/roles.md); takes 30 to 50 MiB of memory and a thread.',
    ),
})
