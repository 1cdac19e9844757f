/** What can be wrong with RBAC manifests. `error` = they cannot be used; `warning` = read otherwise than they say, or refused by a cluster. */
export const rbacCodes = {
  'rbac.syntax': {
    severity: 'error',
    meaning: 'The file, or one document of it, is neither YAML nor JSON.',
  },
  'rbac.unread': {
    severity: 'warning',
    meaning: 'A document that no line of three dashes begins; `kubectl` does not read it.',
  },
  'rbac.type': {
    severity: 'error',
    meaning: 'A value of another type than the field has; the API server refuses the object.',
  },
  'rbac.unknownField': {
    severity: 'warning',
    meaning: 'A field that the object does not have; the API server drops it.',
  },
  'rbac.repeatedField': {
    severity: 'warning',
    meaning: 'A field that was there already; the last one is taken.',
  },
  'rbac.apiVersion': {
    severity: 'warning',
    meaning:
      'A version of the API that is no longer served, read as v1; or none, and the object is passed over.',
  },
  'rbac.refused': {
    severity: 'warning',
    meaning: 'The API server would refuse the object; judged as it stands.',
  },
  'rbac.repeatedObject': {
    severity: 'warning',
    meaning: 'An object that was there already; the last one is taken, as after `kubectl apply`.',
  },
  'rbac.dangling': {
    severity: 'warning',
    meaning: 'A binding of a role that is not among the manifests: it gives nothing.',
  },
} as const satisfies Readonly<
  Record<string, { readonly severity: 'error' | 'warning'; readonly meaning: string }>
>

export type RbacCode = keyof typeof rbacCodes

/** Says what is wrong at a place of a file, characters from 0. */
export type ReportProblem = (code: RbacCode, message: string, offset: number) => void
