import { z } from 'zod'
import { type SuggestSubject, subjectOfUser } from '../rbac/suggest/subject.ts'
import { describeProblems, type ParameterRules, type Parsed } from './parameters.ts'

/** What a client asks about roles. */
export type RolesQuestion = { readonly kind: 'subjects' } | SuggestionQuestion

export interface SuggestionQuestion {
  readonly kind: 'suggestion'
  readonly cluster: string
  readonly subject: SuggestSubject
  readonly format: 'json' | 'yaml'
}

export type RolesAnswer =
  | { readonly kind: 'found'; readonly body: string }
  /** Nothing was seen of the subject in that cluster. */
  | { readonly kind: 'unknown' }
  /** `roles.observe` is off. */
  | { readonly kind: 'off' }
  /** What was observed is not at hand: it is being read, or the observer is to be started again. */
  | { readonly kind: 'unready' }

export type RolesQuery = (question: RolesQuestion) => Promise<RolesAnswer>

const text = z.string().min(1).max(1000)
const parameters = z
  .strictObject({
    cluster: text,
    user: text.optional(),
    serviceaccount: z
      .string()
      .max(1000)
      .regex(/^[^:]+:[^:]+$/)
      .optional(),
    group: text.optional(),
    format: z.enum(['json', 'yaml']).optional(),
  })
  .refine(
    ({ user, serviceaccount, group }) =>
      [user, serviceaccount, group].filter((one) => one !== undefined).length === 1,
    { error: 'give exactly one of user, serviceaccount and group' },
  )

const rules: ParameterRules = {
  cluster: 'cluster must be given once: the name of a cluster',
  user: 'user must be given once: a user name',
  serviceaccount: 'serviceaccount must be given once, as NAMESPACE:NAME',
  group: 'group must be given once: the name of a group',
  format: 'format must be json or yaml',
}

/** `wantsYaml` is what the client accepts, if `format` does not say. */
export function parseSuggestParameters(
  query: unknown,
  wantsYaml: boolean,
): Parsed<SuggestionQuestion> {
  const parsed = parameters.safeParse(query)
  if (!parsed.success) return { message: describeProblems(parsed.error, rules) }
  const { cluster, user, serviceaccount, group, format } = parsed.data
  const name = serviceaccount === undefined ? user : `system:serviceaccount:${serviceaccount}`
  const subject: SuggestSubject =
    name === undefined ? { kind: 'Group', name: group ?? '' } : subjectOfUser(name)
  const chosen = format ?? (wantsYaml ? 'yaml' : 'json')
  return { filter: { kind: 'suggestion', cluster, subject, format: chosen } }
}
