import type { ManifestEntry, ManifestValue } from '../manifest/document.ts'
import type { ProblemList } from './problems.ts'

/** The type is found by keys that ignore case, an absent kind is Policy, and the version has to be there. */
export function checkKind(
  value: ManifestValue,
  keyOrder: 'asWritten' | 'sorted',
  problems: ProblemList,
): void {
  let [apiVersion, kind] = ['', '']
  const entries = value.kind === 'map' ? value.entries : []
  const ordered = keyOrder === 'sorted' ? entries.toSorted(byKey) : entries
  for (const { key, value: found } of ordered) {
    const folded = key.replaceAll('\u212a', 'k').replaceAll('\u017f', 's').toLowerCase()
    if (folded !== 'apiversion' && folded !== 'kind') continue
    if (found.kind === 'text')
      [apiVersion, kind] = folded === 'kind' ? [apiVersion, found.text] : [found.text, kind]
    else if (found.kind !== 'null')
      problems.add('policy.kind', key, 'has to be a text', found.offset)
  }
  if (apiVersion === 'audit.k8s.io/v1' && (kind === 'Policy' || kind === '')) return
  const found = apiVersion === '' ? 'no apiVersion' : `${apiVersion} ${kind}`
  problems.add(
    'policy.kind',
    '',
    `${found.trim()}; an audit policy begins with \`apiVersion: audit.k8s.io/v1\` and \`kind: Policy\``,
    value.offset,
  )
}

function byKey(a: ManifestEntry, b: ManifestEntry): number {
  if (a.key === b.key) return 0
  return a.key < b.key ? -1 : 1
}
