/** What a sample of a cluster's events shows of the audit policy that it is fed by, as `/api/v1/coverage` gives it. */
export interface ClusterCoverage {
  readonly cluster: string
  /** Events looked at since the start or the last reload of rules. */
  readonly sampled: number
  readonly levels: readonly string[]
  readonly stages: readonly string[]
  /** `group/resource`, the first of them. */
  readonly resources: readonly string[]
  /** Rules that nothing seen so far can have fed. */
  readonly blind: readonly {
    readonly rule: string
    readonly id: string
    readonly because: string
  }[]
}
