import type { Observation } from '../rbac/observe/observation.ts'

/** What may be asked of an observation. */
export type Observed = Pick<Observation, 'profiles' | 'profile' | 'windows' | 'isCut'>

/** Several observations that have no cluster in common, as one. */
export function together(observations: readonly Observation[]): Observed {
  return {
    profiles: () => observations.flatMap((one) => one.profiles()),
    profile: (cluster, user) =>
      observations
        .map((one) => one.profile(cluster, user))
        .find((profile) => profile !== undefined),
    windows: () => observations.flatMap((one) => one.windows()),
    get isCut() {
      return observations.some((one) => one.isCut)
    },
  }
}
