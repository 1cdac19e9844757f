import { isIP } from 'node:net'

/** Version of the Elastic Common Schema that documents follow. */
export const ecsVersion = '8.17.0'

/** Elasticsearch refuses a whole document for one text in an IP field that is none, a zone (`%eth0`) included. */
export function isAddress(text: string): boolean {
  return isIP(text) !== 0 && !text.includes('%')
}

/** Without empty texts, lists and objects, as deep as objects go. Undefined when nothing is left. */
export function withoutEmpty(value: unknown): unknown {
  if (value === '' || (Array.isArray(value) && value.length === 0)) return undefined
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  const kept = Object.entries(value)
    .map(([key, inner]) => [key, withoutEmpty(inner)] as const)
    .filter(([, inner]) => inner !== undefined)
  return kept.length === 0 ? undefined : Object.fromEntries(kept)
}
