/** The Kubernetes versions whose audit policy semantics are known. */
export const oldestKubernetesVersion = '1.29'
export const newestKubernetesVersion = '1.37'
export const defaultKubernetesVersion = '1.36'

/** The minor release of `1.36`, `v1.36` or `v1.36.3-gke.1`; undefined when it is unknown or not between 1.29 and 1.37. */
export function minorReleaseOf(version: string): number | undefined {
  const match = /^v?1\.(\d{1,3})(?:\.\d+)?(?:[-+][\w.+-]*)?$/.exec(version)
  const minor = Number(match?.[1] ?? Number.NaN)
  return minor >= 29 && minor <= 37 ? minor : undefined
}

/** Since 1.36 a rule's API group may be `*`; before, it kept the API server from starting. */
export function allowsGroupWildcard(minorRelease: number): boolean {
  return minorRelease >= 36
}
