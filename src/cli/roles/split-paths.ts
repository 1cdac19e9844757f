import { existsSync, statSync } from 'node:fs'
import { KubewitnessError } from '../../errors.ts'
import { openInput } from '../../sources/file/open-input.ts'

export interface RbacAndEvents {
  readonly rbac: readonly string[]
  readonly files: readonly string[]
}

/**
 * `--rbac` takes all the paths behind it, so that `report --rbac rbac.yaml audit.log` has no events left: then what holds audit events is
 * told by its beginning. Standard input is events, unless it is all there is. Throws `usage.invalid` if there are none, or
 * nothing else.
 */
export async function splitPaths({ rbac, files }: RbacAndEvents): Promise<RbacAndEvents> {
  if (files.length > 0) return { rbac, files }
  const manifests: string[] = []
  const events: string[] = []
  for (const path of rbac) ((await isEvents(path)) ? events : manifests).push(path)
  if (events.length > 0 && manifests.length > 0) return { rbac: manifests, files: events }
  throw new KubewitnessError('usage.invalid', 'no recorded events are given beside the manifests', {
    next: 'name files with audit events, or - for standard input',
  })
}

async function isEvents(path: string): Promise<boolean> {
  if (path === '-') return true
  if (!existsSync(path) || !statSync(path).isFile()) return false
  for await (const bytes of openInput(path))
    return /"auditID"|audit\.k8s\.io\/v/.test(new TextDecoder().decode(bytes))
  return false
}
