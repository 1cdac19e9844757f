import type { ManifestsConfig } from '../config/roles.ts'
import type { AccessProfile } from '../rbac/observe/profile.ts'
import { defaultSuggestOptions } from '../rbac/suggest/options.ts'
import { renderJson } from '../rbac/suggest/render-json.ts'
import { renderYaml, subjectText } from '../rbac/suggest/render-yaml.ts'
import { profilesOf, type SuggestSubject, subjectOfUser } from '../rbac/suggest/subject.ts'
import { suggest } from '../rbac/suggest/suggest.ts'
import type { RolesAnswer, RolesQuestion, SuggestionQuestion } from '../web/roles.ts'
import type { Observed } from './observed.ts'
import { grantsAnswerOf } from './roles-grants.ts'

/** What an observation says to a question of the API, with what the clusters grant. Never rejects. */
export async function answerOf(
  observation: Observed,
  question: RolesQuestion,
  manifests: readonly ManifestsConfig[],
): Promise<RolesAnswer> {
  switch (question.kind) {
    case 'subjects':
      return { kind: 'found', body: JSON.stringify(subjectsOf(observation)) }
    case 'suggestion':
      return suggestionOf(observation, question)
    case 'diff':
    case 'report':
      return grantsAnswerOf(observation, question, manifests)
    default:
      return question satisfies never
  }
}

function subjectsOf(observation: Observed): object {
  return {
    subjects: observation.profiles().map(plainSubject),
    isCut: observation.isCut,
    next: null,
  }
}

function plainSubject(profile: AccessProfile): object {
  const { cluster, user, groups, identities, requests, unjudged, isCut } = profile
  const subject = subjectOfUser(user)
  return {
    cluster,
    subject: { ...subject, text: subjectText(subject) },
    groups: groups.texts,
    identities: identities.texts,
    requests,
    unjudged,
    ...(requests === 0
      ? {}
      : { firstSeen: timeOf(profile.firstSeenUs), lastSeen: timeOf(profile.lastSeenUs) }),
    isCut,
  }
}

function timeOf(us: number): string {
  return new Date(us / 1000).toISOString()
}

function suggestionOf(
  observation: Observed,
  { cluster, subject, format }: SuggestionQuestion,
): RolesAnswer {
  const profiles = profilesIn(observation, cluster, subject)
  if (profiles.length === 0) return { kind: 'unknown' }
  const window = observation.windows().find((one) => one.cluster === cluster)
  const suggestion = suggest({ cluster, subject, profiles, window }, defaultSuggestOptions)
  if (format === 'yaml') return { kind: 'found', body: renderYaml(suggestion) }
  const records = renderJson(suggestion)
  const body = JSON.stringify({ objects: records.slice(0, -1), suggestion: records.at(-1) })
  return { kind: 'found', body }
}

function profilesIn(
  observation: Observed,
  cluster: string,
  subject: SuggestSubject,
): readonly AccessProfile[] {
  if (subject.kind === 'Group')
    return profilesOf(
      observation.profiles().filter((profile) => profile.cluster === cluster),
      subject,
    )
  const own = observation.profile(cluster, subject.name)
  return own === undefined ? [] : [own]
}
