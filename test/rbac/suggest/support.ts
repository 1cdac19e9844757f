import { parseAllDocuments } from 'yaml'
import type { Observation } from '../../../src/rbac/observe/observation.ts'
import { defaultSuggestOptions, type SuggestOptions } from '../../../src/rbac/suggest/options.ts'
import { renderYaml } from '../../../src/rbac/suggest/render-yaml.ts'
import {
  profilesOf,
  type SuggestSubject,
  subjectOfUser,
} from '../../../src/rbac/suggest/subject.ts'
import { type Suggestion, suggest } from '../../../src/rbac/suggest/suggest.ts'
import { observed, type SaidEvent } from '../observe/events.ts'

export function suggestionOf(
  observation: Observation,
  subject: SuggestSubject | string = 'alice',
  options: Partial<SuggestOptions> = {},
): Suggestion {
  const asked = typeof subject === 'string' ? subjectOfUser(subject) : subject
  return suggest(
    {
      cluster: 'default',
      subject: asked,
      profiles: profilesOf(observation.profiles(), asked),
      window: observation.windows()[0],
    },
    { ...defaultSuggestOptions, ...options },
  )
}

export function suggestedFor(
  events: readonly SaidEvent[],
  options: Partial<SuggestOptions> = {},
  subject: SuggestSubject | string = 'alice',
): Suggestion {
  return suggestionOf(observed(...events), subject, options)
}

/** `ClusterRole: get,list pods`, `Role shop: get secrets=a,b`, one line a rule; `RoleBinding shop → ClusterRole x` for shared roles. */
export function outline({ objects }: Pick<Suggestion, 'objects'>): string[] {
  return objects.flatMap(({ object }) => {
    const place = 'namespace' in object ? ` ${object.namespace}` : ''
    if ('roleRef' in object)
      return object.kind === 'RoleBinding' && object.roleRef.kind === 'ClusterRole'
        ? [`${object.kind}${place} → ${object.roleRef.name}`]
        : []
    return object.rules.map(({ verbs, apiGroups, resources, resourceNames, nonResourceURLs }) => {
      const what = [...resources, ...nonResourceURLs].join(',')
      const group = apiGroups.join() === '' ? '' : ` (${apiGroups})`
      const names = resourceNames.length === 0 ? '' : `=${resourceNames}`
      return `${object.kind}${place}: ${verbs} ${what}${names}${group}`
    })
  })
}

/** The manifests of the YAML, as another program reads them. */
export function manifestsOf(suggestion: Suggestion): unknown[] {
  return parseAllDocuments(renderYaml(suggestion), { version: '1.1' })
    .map((document) => {
      if (document.errors.length > 0) throw document.errors[0]
      return document.toJS() as unknown
    })
    .filter((value) => value !== null)
}
