import type { Problem, RuleMetadata } from '../contracts.ts'
import { attackRelease, isAttackId, successorsOf } from './attack-ids.ts'

/** Tags that no tool finds: not of Sigma's form, or ids that ATT&CK does not have. */
export function lintTags({ tags, keyLocations, location }: RuleMetadata): Problem[] {
  const problem = (code: string, message: string): Problem => ({
    ...(keyLocations['tags'] ?? location),
    severity: 'warning',
    code,
    message,
  })
  return tags.flatMap((tag) => {
    if (!/^[a-z0-9_-]+\.[a-z0-9._-]+$/.test(tag))
      return [
        problem('lint.tag', `the tag \`${tag}\` is not of the form namespace.name, in lower case`),
      ]
    const [namespace, ...name] = tag.split('.')
    if (namespace !== 'attack' || isOtherAttackId(name.join('.')) || isAttackId(name.join('.')))
      return []
    const now = successorsOf(name.join('.')).map((other) => `attack.${other}`)
    const next =
      now.length > 0 ? `there it is ${now.join(' or ')}` : 'write attack.execution or attack.t1609'
    return [
      problem(
        'lint.attack',
        `\`${tag}\` is no tactic or technique of ATT&CK ${attackRelease} (Enterprise); ${next}`,
      ),
    ]
  })
}

/** Groups and software have ids too, which are not looked up. */
function isOtherAttackId(name: string): boolean {
  return /^[gs]\d{4}$/.test(name)
}
