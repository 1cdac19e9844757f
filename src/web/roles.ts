import { z } from 'zod'
import { type SuggestSubject, subjectOfUser } from '../rbac/suggest/subject.ts'
import { describeProblems, type ParameterRules, type Parsed } from './parameters.ts'

/** What a client asks about roles. */
export type RolesQuestion =
  | { readonly kind: 'subjects' }
  | SuggestionQuestion
  | DiffQuestion
  | ReportQuestion

export interface SuggestionQuestion {
  readonly kind: 'suggestion'
  readonly cluster: string
  readonly subject: SuggestSubject
  readonly format: 'json' | 'yaml'
}

/** What a subject holds beside what it did. */
export interface DiffQuestion {
  readonly kind: 'diff'
  readonly cluster: string
  readonly subject: SuggestSubject
}

/** What a whole cluster grants beside what was done. */
export interface ReportQuestion {
  readonly kind: 'report'
  readonly cluster: string
  readonly format: ReportFormat
}

const reportFormats = ['json', 'html', 'markdown'] as const
export type ReportFormat = (typeof reportFormats)[number]

export type RolesAnswer =
  | { readonly kind: 'found'; readonly body: string }
  /** Nothing was seen of the subject in that cluster. */
  | { readonly kind: 'unknown' }
  /** `roles.observe` is off. */
  | { readonly kind: 'off' }
  /** What was observed is not at hand: it is being read, or the observer is to be started again. */
  | { readonly kind: 'unready' }
  /** What the cluster grants is not known: `roles.manifests` does not name it. */
  | { readonly kind: 'noManifests' }
  /** The cluster's manifests cannot be used, and why. */
  | { readonly kind: 'unusable'; readonly message: string }

export type RolesQuery = (question: RolesQuestion) => Promise<RolesAnswer>

const text = z.string().min(1).max(1000)
const subjectKeys = {
  cluster: text,
  user: text.optional(),
  serviceaccount: z
    .string()
    .max(1000)
    .regex(/^[^:]+:[^:]+$/)
    .optional(),
  group: text.optional(),
}
const oneSubject = { error: 'give exactly one of user, serviceaccount and group' }
const suggestParameters = z
  .strictObject({ ...subjectKeys, format: z.enum(['json', 'yaml']).optional() })
  .refine(namesOneSubject, oneSubject)
const diffParameters = z.strictObject(subjectKeys).refine(namesOneSubject, oneSubject)
const reportParameters = z.strictObject({
  cluster: text,
  format: z.enum(reportFormats).optional(),
})

const rules: ParameterRules = {
  cluster: 'cluster must be given once: the name of a cluster',
  user: 'user must be given once: a user name',
  serviceaccount: 'serviceaccount must be given once, as NAMESPACE:NAME',
  group: 'group must be given once: the name of a group',
  format: 'format must be json or yaml',
}
const reportRules: ParameterRules = {
  ...rules,
  format: `format must be one of ${reportFormats.join(', ')}`,
}

interface SubjectParameters {
  readonly user?: string | undefined
  readonly serviceaccount?: string | undefined
  readonly group?: string | undefined
}

function namesOneSubject({ user, serviceaccount, group }: SubjectParameters): boolean {
  return [user, serviceaccount, group].filter((one) => one !== undefined).length === 1
}

function subjectIn({ user, serviceaccount, group }: SubjectParameters): SuggestSubject {
  const name = serviceaccount === undefined ? user : `system:serviceaccount:${serviceaccount}`
  return name === undefined ? { kind: 'Group', name: group ?? '' } : subjectOfUser(name)
}

/** `wantsYaml` is what the client accepts, if `format` does not say. */
export function parseSuggestParameters(
  query: unknown,
  wantsYaml: boolean,
): Parsed<SuggestionQuestion> {
  const parsed = suggestParameters.safeParse(query)
  if (!parsed.success) return { message: describeProblems(parsed.error, rules) }
  const { cluster, format = wantsYaml ? 'yaml' : 'json' } = parsed.data
  return { filter: { kind: 'suggestion', cluster, subject: subjectIn(parsed.data), format } }
}

export function parseDiffParameters(query: unknown): Parsed<DiffQuestion> {
  const parsed = diffParameters.safeParse(query)
  if (!parsed.success) return { message: describeProblems(parsed.error, rules) }
  const { cluster } = parsed.data
  return { filter: { kind: 'diff', cluster, subject: subjectIn(parsed.data) } }
}

/** `wantsHtml` is what the client accepts, if `format` does not say. */
export function parseReportParameters(query: unknown, wantsHtml: boolean): Parsed<ReportQuestion> {
  const parsed = reportParameters.safeParse(query)
  if (!parsed.success) return { message: describeProblems(parsed.error, reportRules) }
  const { cluster, format = wantsHtml ? 'html' : 'json' } = parsed.data
  return { filter: { kind: 'report', cluster, format } }
}
