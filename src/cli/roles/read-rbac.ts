import type { Command } from 'commander'
import { readRbacFiles } from '../../app/rbac-files.ts'
import { problemLine } from '../../app/rule-files.ts'
import { KubewitnessError } from '../../errors.ts'
import type { RbacObjects } from '../../rbac/objects.ts'
import { type CliContext, write } from '../context.ts'

/** Problems that are listed; beyond them they are counted. */
const maxListed = 20

/** `--rbac`, as every command takes it. */
export function addRbacOption(command: Command): Command {
  return command.requiredOption(
    '--rbac <path...>',
    'files and folders as `kubectl get clusterroles,clusterrolebindings,roles,rolebindings -A -o yaml` prints them; - is standard input',
  )
}

/**
 * The RBAC objects of files, of the `.yaml`, `.yml` and `.json` files of folders, and of standard input (`-`); what a cluster would
 * refuse or drop is said on standard error. Throws `rbac.invalid` with what cannot be used, or `input.unreadable`.
 */
export async function readRbac(
  paths: readonly string[],
  context: CliContext,
): Promise<RbacObjects> {
  const { objects, problems } = await readRbacFiles(paths, { stdin: context.stdin })
  const errors = problems.filter(({ severity }) => severity === 'error')
  if (errors.length > 0)
    throw new KubewitnessError(
      'rbac.invalid',
      `the RBAC manifests cannot be used:\n${listed(errors.map(problemLine), '  ')}`,
      { next: 'correct the files, or leave them out' },
    )
  await write(context.stderr, listed(problems.map(problemLine), ''))
  if (Object.values(objects).every((list) => list.length === 0))
    await write(context.stderr, `there are no RBAC objects in ${paths.join(', ')}\n`)
  return objects
}

function listed(lines: readonly string[], indent: string): string {
  const rest = lines.length - maxListed
  const shown = [...lines.slice(0, maxListed), ...(rest > 0 ? [`and ${rest} more`] : [])]
  return shown.map((line) => `${indent}${line}\n`).join('')
}
