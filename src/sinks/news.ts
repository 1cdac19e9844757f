import type { Alert } from '../contracts.ts'

/** Worth telling people: an alert that opens, one whose level has changed, and how many it were in the end; that it has grown is not, unless it was kept silent before. */
export function isNews({ status, previousLevel, count, resumed }: Alert): boolean {
  if (resumed) return true
  switch (status) {
    case 'open':
      return true
    case 'updated':
      return previousLevel !== undefined
    case 'closed':
      return previousLevel !== undefined || count > 1
    default:
      return status satisfies never
  }
}
