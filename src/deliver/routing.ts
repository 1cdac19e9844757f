import type { InhibitConfig } from './inhibit/config.ts'
import { compileRoutes, type FindRoute, type RoutesConfig } from './route/routes.ts'

/** What a configuration says of who is told what: the part that a reload changes. */
export interface Routing {
  readonly findRoute: FindRoute
  /** There is something to do by the clock. */
  readonly usesGroups: boolean
  readonly inhibit: InhibitConfig
}

export function routingOf({
  inhibit,
  routes,
}: {
  readonly routes: RoutesConfig
  readonly inhibit: InhibitConfig
}): Routing {
  const usesGroups = routes.some(({ group }) => group !== undefined)
  return { findRoute: compileRoutes(routes), usesGroups, inhibit }
}
