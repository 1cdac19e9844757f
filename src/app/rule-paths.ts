import { existsSync } from 'node:fs'
import type { Logger } from '../contracts.ts'

/**
 * Those of the paths of rules that are to be read now. A folder that has not been there since the start is left out, and
 * said each time: a service that receives is worth more than one that waits for rules, and the folder is watched for. One
 * that was there and is gone is among them, so that reading is refused and the rules in use stay; so is a file, which
 * nobody makes later.
 */
export function createRulePaths(
  paths: readonly string[],
  logger: Pick<Logger, 'warn'>,
): () => readonly string[] {
  const seen = new Set<string>()
  return () =>
    paths.filter((path) => {
      if (existsSync(path)) seen.add(path)
      if (seen.has(path) || /\.ya?ml$/.test(path)) return true
      logger.warn('A folder of rules is missing; its rules come into use when it is there', {
        path,
        next: 'make it, or correct rules.paths in the configuration',
      })
      return false
    })
}
