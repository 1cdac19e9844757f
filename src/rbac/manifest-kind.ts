import type { ManifestEntry, ManifestValue } from '../audit/manifest/document.ts'
import type { ReportProblem } from './codes.ts'
import { type RbacKind, rbacApiGroup, rbacKinds } from './objects.ts'

/** An object of a document. */
export interface ManifestItem {
  /** Undefined = no RBAC object. */
  readonly kind: RbacKind | undefined
  readonly value: ManifestValue
}

/** The object of a document, or the objects of a List in it. */
export function itemsOf(value: ManifestValue, report: ReportProblem): readonly ManifestItem[] {
  return itemsBelow(value, '', report)
}

/** The items of a typed list need not say what they are: `listed`. */
function itemsBelow(
  value: ManifestValue,
  listed: string,
  report: ReportProblem,
): readonly ManifestItem[] {
  if (value.kind === 'null') return []
  const kind = textOf(value, 'kind') || listed
  const apiVersion = textOf(value, 'apiVersion')
  const items = lastEntry(value, 'items')?.value
  const isOfRbac = apiVersion.startsWith(`${rbacApiGroup}/`) || (apiVersion === '' && listed !== '')
  const rbacKind = rbacKinds.find((one) => one === kind)
  const listKind = rbacKinds.find((one) => `${one}List` === kind)
  if (items?.kind === 'list' && (kind === 'List' || (isOfRbac && listKind !== undefined)))
    return items.items.flatMap((item) => itemsBelow(item, listKind ?? '', report))
  if (rbacKind === undefined || !isOfRbac) return [{ kind: undefined, value }]
  if (apiVersion !== '' && apiVersion !== `${rbacApiGroup}/v1`)
    report(
      'rbac.apiVersion',
      `${apiVersion}: no longer served; read as ${rbacApiGroup}/v1`,
      value.offset,
    )
  return [{ kind: rbacKind, value }]
}

function textOf(value: ManifestValue, key: string): string {
  const found = lastEntry(value, key)?.value
  return found?.kind === 'text' ? found.text : ''
}

function lastEntry(value: ManifestValue, key: string): ManifestEntry | undefined {
  return value.kind === 'map' ? value.entries.findLast((entry) => entry.key === key) : undefined
}
