import { join } from 'node:path'
import { parse } from 'yaml'
import { z } from 'zod'
import { KubewitnessError, messageOf } from '../errors.ts'
import type { Placeholders } from '../sigma/placeholders.ts'
import { builtinRulesFolder, readRuleFile } from './rule-files.ts'

const schema = z.record(z.string(), z.array(z.string()))

/**
 * The values behind the `%names%` of rules: those of `detections/lists.yml`, each list replaced as a whole by one of the
 * same name in `own`. Throws `rules.unreadable`.
 */
export function withBuiltinLists(own: Placeholders): Placeholders {
  const { path, text } = readRuleFile(join(builtinRulesFolder, 'lists.yml'))
  try {
    return { ...schema.parse(parse(text)), ...own }
  } catch (cause) {
    throw new KubewitnessError(
      'rules.unreadable',
      `cannot read lists from ${path}: ${messageOf(cause)}`,
      { cause, next: 'install the package again' },
    )
  }
}
