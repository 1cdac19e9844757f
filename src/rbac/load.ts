import { readDocuments } from '../audit/manifest/documents.ts'
import { countLines } from '../audit/manifest/lines.ts'
import type { Problem } from '../contracts.ts'
import { type RbacCode, type ReportProblem, rbacCodes } from './codes.ts'
import { danglingBindings } from './dangling.ts'
import { decodeObject } from './decode-object.ts'
import { itemsOf } from './manifest-kind.ts'
import { nameOfObject, type RbacObject, type RbacObjects } from './objects.ts'

export interface ManifestFile {
  readonly path: string
  readonly text: string
}

export interface LoadedRbac {
  readonly objects: RbacObjects
  readonly problems: readonly Problem[]
  /** Objects of other kinds; they were passed over. */
  readonly others: number
}

/**
 * The RBAC objects of files as `kubectl get … -o yaml` or `-o json` prints them: single objects, Lists, several documents.
 * Objects come in the order in which they stand. Defaults are set as the API server sets them; what it would refuse is said and kept.
 * An object that cannot be decoded is left out, with an error. Never throws.
 */
export function loadRbac(files: readonly ManifestFile[]): LoadedRbac {
  const problems: Problem[] = []
  const found = new Map<string, FoundObject>()
  let others = 0
  for (const file of files) {
    const report = reporter(file, problems)
    for (const document of readDocuments(file.text)) {
      if ('error' in document) {
        const { message, offset } = document.error
        report('rbac.syntax', message, document.offset + offset)
        continue
      }
      if (document.unreadOffset !== undefined)
        report('rbac.unread', 'is not read; begin it with a line of ---', document.unreadOffset)
      const place: ReportProblem = (code, message, offset) =>
        report(code, message, document.offset + offset)
      for (const { kind, value } of itemsOf(document.value, place)) {
        if (kind === undefined) others += 1
        else
          keep(decodeObject(kind, value, place), found, (code, message) =>
            place(code, message, value.offset),
          )
      }
    }
  }
  const objects = byKind([...found.values()].map(({ object }) => object))
  for (const { binding, missing } of danglingBindings(objects))
    found
      .get(nameOfObject(binding))
      ?.report(
        'rbac.dangling',
        `${nameOfObject(binding)}: there is no ${missing}; it gives nothing`,
      )
  return { objects, problems, others }
}

interface FoundObject {
  readonly object: RbacObject
  /** Says something about where it stands. */
  readonly report: (code: RbacCode, message: string) => void
}

function keep(
  object: RbacObject | undefined,
  found: Map<string, FoundObject>,
  report: FoundObject['report'],
): void {
  if (object === undefined) return
  const name = nameOfObject(object)
  if (found.has(name))
    report('rbac.repeatedObject', `${name}: was there already; the last one is taken`)
  found.set(name, { object, report })
}

function byKind(objects: readonly RbacObject[]): RbacObjects {
  return {
    roles: objects.filter((object) => object.kind === 'Role'),
    clusterRoles: objects.filter((object) => object.kind === 'ClusterRole'),
    roleBindings: objects.filter((object) => object.kind === 'RoleBinding'),
    clusterRoleBindings: objects.filter((object) => object.kind === 'ClusterRoleBinding'),
  }
}

function reporter({ path, text }: ManifestFile, problems: Problem[]): ReportProblem {
  let lines: ReturnType<typeof countLines> | undefined
  return (code, message, offset) => {
    lines ??= countLines(text)
    const { line, col: column } = lines.linePos(offset)
    problems.push({ path, line, column, severity: rbacCodes[code].severity, code, message })
  }
}
