import { z } from 'zod'

const unitBytes = { B: 1, KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3, TiB: 1024 ** 4 } as const
const pattern = /^(\d+(?:\.\d+)?) ?(B|KiB|MiB|GiB|TiB)$/

/** A number of bytes, or a text such as `512MiB`. */
export const byteSizeSchema = z.union(
  [
    z.int().positive(),
    z
      .string()
      .regex(pattern)
      .transform((text) => {
        const [, amount, unit] = pattern.exec(text) ?? []
        // The pattern allows these units only, and was matched just before.
        return Math.round(Number(amount) * unitBytes[unit as keyof typeof unitBytes])
      }),
  ],
  { error: 'give a number of bytes, or a size with B, KiB, MiB, GiB or TiB such as 10GiB' },
)
