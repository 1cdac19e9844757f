import { z } from 'zod'
import { type GroupSettings, groupSchema, groupSettings } from '../group/config.ts'
import type { AlertLabels } from './labels.ts'
import { compileMatch, matchSchema } from './match.ts'

const routeSchema = z.strictObject({
  match: matchSchema
    .optional()
    .describe('Which alerts it takes (docs/routing.md); without it all.'),
  sinks: z.array(z.string()).describe('Where they go, by the names of sinks; `[]` is nowhere.'),
  continue: z
    .boolean()
    .default(false)
    .describe('What it took goes on to the routes below as well; else the first that takes wins.'),
  mute: z
    .boolean()
    .default(true)
    .describe('Silences and inhibition hold on this way; `false` is for sinks that keep records.'),
  group: groupSchema
    .optional()
    .describe('Tell its sinks of several alerts together; without it of each as it comes.'),
})

/** The section `routes` of the configuration. Empty: every sink gets every alert. */
export const routesSchema = z
  .array(routeSchema)
  .default([])
  .describe('Which alerts go to which sinks (docs/routing.md). Without routes every sink gets all.')

export type RoutesConfig = z.output<typeof routesSchema>

/** What is wrong with routes beside the sinks that there are, each with its place below `routes`. */
export function routeProblems(
  routes: RoutesConfig,
  sinkNames: readonly string[],
): { readonly path: readonly (string | number)[]; readonly message: string }[] {
  const known = sinkNames.length === 0 ? 'there are none' : `there are ${sinkNames.join(', ')}`
  const unknown = routes.flatMap(({ sinks }, index) =>
    sinks.flatMap((name, place) =>
      sinkNames.includes(name)
        ? []
        : [{ path: [index, 'sinks', place], message: `no sink is named ${name}; ${known}` }],
    ),
  )
  const first = routes.findIndex(({ match, continue: goesOn }) => match === undefined && !goesOn)
  if (routes.length === 0 || first === routes.length - 1) return unknown
  const order =
    first < 0
      ? {
          path: [routes.length - 1],
          message:
            'the last route must have neither match nor continue: it says where all else goes (sinks: [] is nowhere)',
        }
      : { path: [first + 1], message: 'is never reached: the route above takes everything' }
  return [...unknown, order]
}

/** A route as it is used. */
export interface Route {
  /** Its place in the configuration; -1 when there are no routes. */
  readonly index: number
  /** How its alerts are told together; undefined: each as it comes. */
  readonly group: GroupSettings | undefined
  /** Silences and inhibition hold. */
  readonly mute: boolean
}

/** The route by which an alert of these labels goes to a sink, the first if several lead there; undefined when none does. */
export type FindRoute = (sink: string, labels: AlertLabels) => Route | undefined

export function compileRoutes(config: RoutesConfig): FindRoute {
  if (config.length === 0) return () => ({ index: -1, group: undefined, mute: true })
  const routes = config.map((route, index) => ({
    index,
    group: route.group && groupSettings(route.group),
    mute: route.mute,
    sinks: new Set(route.sinks),
    goesOn: route.continue,
    takes: route.match === undefined ? () => true : compileMatch(route.match),
  }))
  return (sink, labels) => {
    for (const route of routes) {
      if (!route.takes(labels)) continue
      if (route.sinks.has(sink)) return route
      if (!route.goesOn) return undefined
    }
    return undefined
  }
}
