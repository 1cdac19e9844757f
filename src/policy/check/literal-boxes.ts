import type { AuditPolicyRule } from '../../audit/policy/types.ts'
import { boxesOfAuditRule } from '../policy-boxes.ts'
import type { RequestBox } from '../request-box.ts'

/**
 * The requests that a rule matches, whether or not an API server could ever see them: boxes fold case and know which users,
 * groups and verbs go together, so that here the texts are written in a way that keeps case and that boxes know nothing of.
 */
export function literalBoxesOf(rule: AuditPolicyRule): readonly RequestBox[] {
  return boxesOfAuditRule({
    ...rule,
    users: rule.users.map(foreign),
    userGroups: rule.userGroups.map(foreign),
    verbs: rule.verbs.map(foreign),
    namespaces: rule.namespaces.map(withCase),
    nonResourceURLs: rule.nonResourceURLs.map(withCase),
    resources: rule.resources.map(({ group, resources, resourceNames }) => ({
      group: withCase(group),
      resources: resources.map(foreignSubresource),
      resourceNames: resourceNames.map(withCase),
    })),
  })
}

const mark = '\u0001'

/** One text for each text, and prefixes stay prefixes. */
function withCase(text: string): string {
  return text.replaceAll(/./gsu, (letter) =>
    letter === letter.toLowerCase() && letter !== mark
      ? letter
      : `${mark}${letter.codePointAt(0)?.toString(16)};`,
  )
}

function foreign(text: string): string {
  return `${mark}${withCase(text)}`
}

/** `pods/log`, but neither `pods`, `pods/*` nor `*`. */
function foreignSubresource(text: string): string {
  const [, resource = text, subresource] = /^([^/]*)\/(.+)$/s.exec(text) ?? []
  if (subresource === undefined) return withCase(text)
  const isAny = subresource === '*' && resource !== '*'
  return `${withCase(resource)}/${isAny ? '*' : foreign(subresource)}`
}
