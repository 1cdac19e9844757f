import type { ObservedAccess } from '../observe/access.ts'
import { manifestOf } from './manifest.ts'
import { requestOfAccess } from './need.ts'
import { subjectText } from './render-yaml.ts'
import type { Suggestion } from './suggest.ts'
import { summarised, wideningText } from './words.ts'

/**
 * The suggestion as records: each object as a manifest, whose rules have `evidence`, `dangers` and `notes` beside their lists;
 * then one of kind `RoleSuggestion`, which says how sure it is. What reads manifests passes that one over.
 */
export function renderJson(suggestion: Suggestion): readonly object[] {
  const { subject, cluster, proof, confidence, warnings, objects, widenings } = suggestion
  const manifests = objects.map(({ object, rules }) => {
    const { rules: plain, ...manifest } = manifestOf(object)
    if (!Array.isArray(plain)) return manifest
    return {
      ...manifest,
      rules: plain.map((rule: object, at) => {
        const { evidence = [], dangers = [], notes = [] } = rules[at] ?? {}
        return { ...rule, evidence: summarised(evidence), dangers, notes }
      }),
    }
  })
  const { missing, surplus, ...counts } = proof
  return [
    ...manifests,
    {
      kind: 'RoleSuggestion',
      cluster,
      subject: { ...subject, text: subjectText(subject) },
      objects: objects.length,
      confidence,
      warnings,
      widenings: widenings.map((widening) => ({ ...widening, message: wideningText(widening) })),
      notGranted: suggestion.notGranted.map(({ access, why }) => ({ ...plainAccess(access), why })),
      unseen: suggestion.unseen.map(({ request, why }) => ({ request, why })),
      proof: { ...counts, missing: missing.map(plainAccess), surplus: surplus.map(plainAccess) },
    },
  ]
}

function plainAccess(access: ObservedAccess): object {
  return { request: requestOfAccess(access), ...summarised([access]) }
}
