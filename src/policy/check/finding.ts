import type { AuditPolicy } from '../../audit/policy/types.ts'
import type { CheckCode } from './codes.ts'

/** What a check has to say of a field. */
export interface Finding {
  readonly code: CheckCode
  /** Such as `rules[2].level`. */
  readonly field: string
  /** What is wrong and what to do. */
  readonly message: string
}

/** What checks look at. */
export interface CheckedPolicy {
  readonly policy: AuditPolicy
  /** Of the file: a comment may say what no field can. */
  readonly text: string
  readonly minorRelease: number
}
