import type { RuleMatch, RuleSet } from '../detect/match.ts'

/** Events that correlations may still be completed by. */
const maxPlaces = 1_000_000

/** Remembers where events stand, while there are correlations that name them. */
export function createPlaces({ correlations }: RuleSet): {
  note(match: { readonly match: RuleMatch; readonly index: number }): void
  indexOf(id: string): number | undefined
} {
  const referred = new Set(correlations.flatMap(({ correlation }) => correlation.rules))
  const indexById = new Map<string, number>()
  return {
    note: ({ match: { rule, event }, index }) => {
      if (!referred.has(rule.id) || indexById.has(event.id)) return
      indexById.set(event.id, index)
      if (indexById.size > maxPlaces)
        for (const [oldest] of indexById) {
          indexById.delete(oldest)
          break
        }
    },
    indexOf: (id) => indexById.get(id),
  }
}
