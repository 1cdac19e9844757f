import { join } from 'node:path'
import { parse } from 'yaml'
import { KubewitnessError } from '../errors.ts'
import type { Placeholders } from '../sigma/placeholders.ts'
import { builtinRulesFolder, readRuleFile } from './rule-files.ts'

/**
 * The values behind the `%names%` of rules: those of `detections/lists.yml`, each list replaced as a whole by one of the
 * same name in `own`. Throws `rules.unreadable`.
 */
export function withBuiltinLists(own: Placeholders): Placeholders {
  const { path, text } = readRuleFile(join(builtinRulesFolder, 'lists.yml'))
  const lists = parsed(text)
  if (!areLists(lists))
    throw new KubewitnessError('rules.unreadable', `there are no lists of texts in ${path}`, {
      next: 'install the package again',
    })
  return { ...lists, ...own }
}

function parsed(text: string): unknown {
  try {
    return parse(text)
  } catch {
    return undefined
  }
}

/** By hand: the thread that detects would load a library for this alone. */
function areLists(value: unknown): value is Placeholders {
  return (
    typeof value === 'object' &&
    value !== null &&
    Object.values(value).every(
      (list) => Array.isArray(list) && list.every((text) => typeof text === 'string'),
    )
  )
}
