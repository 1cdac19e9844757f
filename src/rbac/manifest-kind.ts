import {
  describeValue,
  type ManifestEntry,
  type ManifestValue,
} from '../audit/manifest/document.ts'
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
  const kind = typeText(value, 'kind', report) || listed
  const apiVersion = typeText(value, 'apiVersion', report)
  const items = lastEntry(value, 'items')?.value
  const isOfRbac = apiVersion.startsWith(`${rbacApiGroup}/`) || (apiVersion === '' && listed !== '')
  const rbacKind = rbacKinds.find((one) => one === kind)
  const listKind = rbacKinds.find((one) => `${one}List` === kind)
  if (items?.kind === 'list' && (kind === 'List' || (isOfRbac && listKind !== undefined)))
    return items.items.flatMap((item) => itemsBelow(item, listKind ?? '', report))
  if (rbacKind !== undefined && apiVersion === '' && !isOfRbac)
    report('rbac.apiVersion', `${kind}: has no apiVersion; it is passed over`, value.offset)
  if (rbacKind === undefined || !isOfRbac) return [{ kind: undefined, value }]
  if (apiVersion !== '' && apiVersion !== `${rbacApiGroup}/v1`)
    report(
      'rbac.apiVersion',
      `${apiVersion}: no longer served; read as ${rbacApiGroup}/v1`,
      value.offset,
    )
  return [{ kind: rbacKind, value }]
}

function typeText(value: ManifestValue, key: 'kind' | 'apiVersion', report: ReportProblem): string {
  const found = lastEntry(value, key)?.value
  if (found?.kind === 'text') return found.text
  if (found !== undefined && found.kind !== 'null')
    report('rbac.type', `${key}: has to be a text, not ${describeValue(found)}`, found.offset)
  return ''
}

function lastEntry(value: ManifestValue, key: string): ManifestEntry | undefined {
  return value.kind === 'map' ? value.entries.findLast((entry) => entry.key === key) : undefined
}
