import { type Command, Option } from 'commander'
import { stringify } from 'yaml'
import { KubewitnessError } from '../../errors.ts'
import { AuditedRequests, auditedRequest } from '../../rbac/compat/attributes.ts'
import { type CompatOptions, generateCompatible } from '../../rbac/compat/generate.ts'
import type { RbacObject } from '../../rbac/objects.ts'
import { manifestOf } from '../../rbac/suggest/manifest.ts'
import { version } from '../../util/version.ts'
import { type CliContext, type ExitCode, exitCodes, write } from '../context.ts'
import type { OutputFormat } from '../output.ts'
import { recordedEvents } from '../policy/events.ts'

/** The options of audit2rbac that `roles suggest` has for who comes from it; they need `--compat audit2rbac`. */
export interface CompatCommandOptions {
  readonly compat?: 'audit2rbac'
  readonly filename: readonly string[]
  readonly user?: string
  readonly serviceaccount?: string
  readonly namespace?: string
  readonly expandMultiNamespace?: boolean
  readonly expandMultiName?: boolean
  readonly generateName?: string
  readonly generateLabels?: readonly string[]
  readonly generateAnnotations?: readonly string[]
  readonly output: OutputFormat
}

export function addCompatOptions(command: Command): Command {
  const pairs = (text: string, before: readonly string[] = []): string[] => [
    ...before,
    ...text.split(','),
  ]
  return command
    .addOption(
      new Option(
        '--compat <tool>',
        'make the roles that another tool makes, with its options',
      ).choices(['audit2rbac']),
    )
    .option('-f, --filename <file>', 'compat: a file of events; may be repeated', appended, [])
    .option('-n, --namespace <namespace>', 'compat: only requests in this namespace')
    .option(
      '--expand-multi-namespace [boolean]',
      'compat: a second namespace grants all',
      booleanOf,
    )
    .option('--expand-multi-name [boolean]', 'compat: a second name grants all', booleanOf)
    .option('--generate-name <name>', 'compat: of the objects (default: audit2rbac:USER)')
    .option('--generate-labels <pairs>', 'compat: KEY=VALUE with commas between', pairs)
    .option('--generate-annotations <pairs>', 'compat: KEY=VALUE with commas between', pairs)
}

/** Throws `usage.invalid` when an option of audit2rbac is given without `--compat`. */
export function checkNoCompatOptions(options: CompatCommandOptions): void {
  const { filename, namespace, expandMultiNamespace, expandMultiName } = options
  const { generateName, generateLabels, generateAnnotations } = options
  const others = [
    namespace,
    expandMultiNamespace,
    expandMultiName,
    generateName,
    generateLabels,
    generateAnnotations,
  ]
  if (filename.length === 0 && others.every((one) => one === undefined)) return
  throw new KubewitnessError('usage.invalid', 'an option of audit2rbac was given', {
    next: 'add --compat audit2rbac, or leave it out',
  })
}

/** `roles suggest --compat audit2rbac`. */
export async function suggestCompatible(
  files: readonly string[],
  options: CompatCommandOptions,
  context: CliContext,
): Promise<ExitCode> {
  const user = userOf(options)
  const sources = [...options.filename, ...files]
  if (sources.length === 0) throw usage('no file of events was given', 'name it by -f')
  const namespace = options.namespace ?? ''
  const requests = new AuditedRequests()
  for await (const { raw } of recordedEvents(sources, context)) {
    const request = auditedRequest(raw, user, namespace)
    if (request !== undefined) requests.add(request)
  }
  const sorted = requests.sorted()
  if (sorted.length === 0) {
    const where = namespace === '' ? '' : ` in namespace ${namespace}`
    await write(context.stderr, `No audit events matched user ${user}${where}\n`)
    return exitCodes.found
  }
  const objects = generateCompatible(sorted, generateOptions(user, options))
  await write(context.stdout, textOf(objects, options.output))
  return exitCodes.done
}

function userOf({ user, serviceaccount }: CompatCommandOptions): string {
  if (user !== undefined && serviceaccount !== undefined)
    throw usage('cannot set both user and service account', 'leave one out')
  if (user !== undefined) return user
  if (serviceaccount === undefined)
    throw usage(
      'audit2rbac knows users and service accounts only',
      'give --user or --serviceaccount',
    )
  return `system:serviceaccount:${serviceaccount}`
}

function generateOptions(user: string, options: CompatCommandOptions): CompatOptions {
  const {
    generateName = `audit2rbac:${mark('user')}`,
    generateLabels,
    generateAnnotations,
  } = options
  const filled = (text: string, ofUser: string, ofVersion: string): string =>
    text.replaceAll(mark('user'), ofUser).replaceAll(mark('version'), ofVersion)
  const label = (text: string): string =>
    filled(text, replaced(user, /[^a-zA-Z0-9]/g), replaced(version, /[^a-zA-Z0-9]/g))
  return {
    user,
    expandMultiNamespace: options.expandMultiNamespace ?? true,
    expandMultiName: options.expandMultiName ?? true,
    name: filled(
      generateName,
      replaced(user, /[^a-zA-Z0-9:]/g),
      replaced(version, /[^a-zA-Z0-9:]/g),
    ),
    labels: pairsOf(
      generateLabels ?? [
        `audit2rbac.liggitt.net/user=${mark('user')}`,
        'audit2rbac.liggitt.net/generated=true',
      ],
      label,
    ),
    annotations: pairsOf(
      generateAnnotations ?? [`audit2rbac.liggitt.net/version=${mark('version')}`],
      (text) => filled(text, user, version),
    ),
  }
}

/** What stands for a value in the options of audit2rbac. */
function mark(name: 'user' | 'version'): string {
  return `\${${name}}`
}

function replaced(text: string, unwanted: RegExp): string {
  return text.replaceAll(unwanted, '-').toLowerCase()
}

function pairsOf(
  pairs: readonly string[],
  fill: (text: string) => string,
): Readonly<Record<string, string>> {
  return Object.fromEntries(
    pairs
      .map((pair) => fill(pair.trim()))
      .filter((pair) => pair !== '')
      .map((pair) => {
        const equals = pair.indexOf('=')
        return equals < 0 ? [pair, ''] : [pair.slice(0, equals), pair.slice(equals + 1)]
      }),
  )
}

function textOf(objects: readonly RbacObject[], output: OutputFormat): string {
  const manifests = objects.map(manifestOf)
  if (output === 'json')
    return manifests.map((one) => `${JSON.stringify(one, null, 2)}\n`).join('\n')
  return manifests
    .map((one) =>
      stringify(one, {
        sortMapEntries: true,
        indentSeq: false,
        lineWidth: 0,
        compat: 'yaml-1.1',
        aliasDuplicateObjects: false,
      }),
    )
    .join('---\n')
}

function appended(text: string, before: readonly string[]): string[] {
  return [...before, text]
}

function booleanOf(text: string): boolean {
  const known = { true: true, t: true, '1': true, false: false, f: false, '0': false }
  const found = Object.entries(known).find(([name]) => name === text.toLowerCase())
  if (found === undefined) throw usage(`${text} is neither true nor false`, 'give true or false')
  return found[1]
}

function usage(message: string, next: string): KubewitnessError {
  return new KubewitnessError('usage.invalid', message, { next })
}
