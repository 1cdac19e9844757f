import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'
import { z } from 'zod'
import { builtinRulesFolder } from '../../src/app/rule-files.ts'

const schema = z.record(
  z.string(),
  z.strictObject({ atMost: z.int().min(1), because: z.string().min(10) }),
)

/** How many requests of the benign recordings together a rule may fire on, by its name; none where it is missing. */
export function readNoiseBounds(): z.infer<typeof schema> {
  return schema.parse(parse(readFileSync(join(builtinRulesFolder, 'noise.yml'), 'utf8')))
}
