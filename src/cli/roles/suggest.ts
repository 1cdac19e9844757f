import { type Command, Option } from 'commander'
import type { AuditPolicy } from '../../audit/policy/types.ts'
import { KubewitnessError } from '../../errors.ts'
import type { Observation } from '../../rbac/observe/observation.ts'
import { defaultSuggestOptions, type SuggestOptions } from '../../rbac/suggest/options.ts'
import { renderJson } from '../../rbac/suggest/render-json.ts'
import { renderYaml, subjectText } from '../../rbac/suggest/render-yaml.ts'
import { profilesOf } from '../../rbac/suggest/subject.ts'
import { type Suggestion, suggest } from '../../rbac/suggest/suggest.ts'
import { counted } from '../../util/counted.ts'
import { type CliContext, type ExitCode, exitCodes, write } from '../context.ts'
import { type OutputOptions, outputOption, writeRecord } from '../output.ts'
import {
  type KubernetesVersionOptions,
  kubernetesVersionOption,
} from '../policy/kubernetes-version.ts'
import { readPolicyFile } from '../policy/read.ts'
import { tableText } from '../table-text.ts'
import { observeFiles } from './observe-files.ts'
import {
  addSubjectOptions,
  checkSubject,
  type SubjectOptions,
  subjectsOf,
  wantsOf,
} from './subjects.ts'
import {
  addCompatOptions,
  type CompatCommandOptions,
  checkNoCompatOptions,
  suggestCompatible,
} from './suggest-compat.ts'

interface SuggestCommandOptions
  extends SubjectOptions,
    OutputOptions,
    KubernetesVersionOptions,
    CompatCommandOptions {
  readonly includeDenied: boolean
  readonly expand: Expansion
  readonly maxNames: number
  readonly maxNamespaces?: number
  readonly grantUnseen: boolean
  readonly policy?: string
  readonly name?: string
  readonly label: Readonly<Record<string, string>>
}

/** `kubewitness roles suggest`: the least roles by which a subject can do what it did. */
export function suggestCommand(
  roles: Command,
  context: CliContext,
  finish: (code: ExitCode) => void,
): void {
  const command = roles
    .command('suggest')
    .description('write the least roles by which somebody can do what was recorded, and prove it')
    .argument('[files...]', 'recorded events, as scan takes them; - is standard input')
  addCompatOptions(addSubjectOptions(command))
    .option('--include-denied', 'grant also what was refused', false)
    .addOption(
      new Option('--expand [verbs]', 'grant all of these verbs where one was used')
        .preset('get,list,watch')
        .argParser(collectVerbs)
        .default({ families: [], files: [] }, 'none'),
    )
    .option(
      '--max-names <count>',
      'more names than this become any name',
      countOf,
      defaultSuggestOptions.maxNames,
    )
    .option(
      '--max-namespaces <count>',
      'more namespaces than this become all of them (default: never)',
      countOf,
    )
    .option(
      '--grant-unseen',
      'grant also what may be needed and no event tells, such as bind and escalate',
      false,
    )
    .option(
      '--policy <file>',
      'the audit policy by which the events were recorded: what it leaves out is told',
    )
    .option('--name <name>', 'of the objects (default: kubewitness:SUBJECT)')
    .addOption(
      new Option(
        '--label <key=value>',
        'of the objects, besides app.kubernetes.io/managed-by; may be repeated',
      )
        .argParser(collectLabel)
        .default({}, 'none'),
    )
    .addOption(kubernetesVersionOption())
    .addOption(outputOption('yaml'))
    .action(async (files: readonly string[], options: SuggestCommandOptions) =>
      finish(await runSuggest(files, options, context)),
    )
}

async function runSuggest(
  files: readonly string[],
  options: SuggestCommandOptions,
  context: CliContext,
): Promise<ExitCode> {
  checkSubject(options)
  const sources = [...files, ...options.expand.files]
  if (options.compat !== undefined) return suggestCompatible(sources, options, context)
  checkNoCompatOptions(options)
  if (sources.length === 0)
    throw new KubewitnessError('usage.invalid', 'no file of events was given', {
      next: 'name it last; - is standard input',
    })
  const wants = wantsOf(options)
  const { observation, isIncomplete } = await observeFiles(sources, context, {
    ...(wants && { wants }),
  })
  const policy =
    options.policy === undefined
      ? undefined
      : await readPolicyFile(options.policy, options, context)
  const suggestions = suggestionsOf(observation, options, policy)
  await writeSuggestions(suggestions, options, context)
  const isProven = suggestions.every(
    ({ proof }) => proof.missing.length + proof.surplus.length === 0,
  )
  if (isIncomplete) return exitCodes.failed
  return suggestions.length > 0 && isProven ? exitCodes.done : exitCodes.found
}

function suggestionsOf(
  observation: Observation,
  options: SuggestCommandOptions,
  policy: AuditPolicy | undefined,
): Suggestion[] {
  const profiles = observation.profiles()
  const windows = new Map(observation.windows().map((window) => [window.cluster, window]))
  return subjectsOf(
    profiles.map(({ user }) => user),
    options,
  ).flatMap((subject) =>
    [...Map.groupBy(profilesOf(profiles, subject), ({ cluster }) => cluster)].map(
      ([cluster, own]) =>
        suggest(
          {
            cluster,
            subject,
            profiles: own,
            window: windows.get(cluster),
            ...(policy && { policy }),
          },
          optionsOf(options),
        ),
    ),
  )
}

function optionsOf(options: SuggestCommandOptions): SuggestOptions {
  const { includeDenied, expand, maxNames, maxNamespaces, grantUnseen, name, label } = options
  const { kubernetesVersion } = options
  return {
    includeDenied,
    expand: expand.families,
    maxNames,
    maxNamespaces,
    grantUnseen,
    name,
    labels: label,
    kubernetesVersion: String(kubernetesVersion),
  }
}

async function writeSuggestions(
  suggestions: readonly Suggestion[],
  { output }: OutputOptions,
  context: CliContext,
): Promise<void> {
  if (output === 'table') await write(context.stdout, tableOf(suggestions))
  for (const suggestion of suggestions) {
    if (output === 'yaml') await write(context.stdout, renderYaml(suggestion))
    else if (output === 'json')
      for (const record of renderJson(suggestion)) await writeRecord('json', record, context)
  }
  const sum = (of: 'used' | 'usedAllowed' | 'wanted' | 'wantedAllowed'): number =>
    suggestions.reduce((all, { proof }) => all + proof[of], 0)
  const objects = suggestions.reduce((all, one) => all + one.objects.length, 0)
  await write(
    context.stderr,
    suggestions.length === 0
      ? 'no event is of such a subject\n'
      : `${counted(suggestions.length, 'subject')}, ${objects} objects; replayed: ${sum('usedAllowed')} of ${sum('used')} requests that were used are allowed, ${sum('wantedAllowed')} of ${sum('wanted')} that were refused\n`,
  )
}

function tableOf(suggestions: readonly Suggestion[]): string {
  const header = [
    'SUBJECT',
    'OBJECTS',
    'RULES',
    'USED',
    'ALLOWED',
    'REFUSED',
    'ALLOWED',
    'DANGEROUS',
    'CONFIDENCE',
  ]
  const rows = suggestions.map(({ subject, objects, proof, confidence }) => {
    const rules = objects.flatMap((object) => object.rules)
    const dangers = new Set(rules.flatMap((rule) => rule.dangers.map(({ code }) => code)))
    const { used, usedAllowed, wanted, wantedAllowed } = proof
    const counts = [objects.length, rules.length, used, usedAllowed, wanted, wantedAllowed]
    return [
      subjectText(subject),
      ...counts.map(String),
      [...dangers].sort().join(' '),
      confidence.level,
    ]
  })
  return tableText(header, rows)
}

function countOf(text: string): number {
  if (/^\d{1,6}$/.test(text)) return Number(text)
  throw new KubewitnessError('usage.invalid', `${text} is no count`, {
    next: 'give a whole number',
  })
}

/** A file may stand behind `--expand`, which needs no verbs. */
interface Expansion {
  readonly families: readonly (readonly string[])[]
  readonly files: readonly string[]
}

const readVerbs = ['get', 'list', 'watch']
const verbs = new Set([...readVerbs, 'create', 'update', 'patch', 'delete', 'deletecollection'])

function collectVerbs(text: string, { families, files }: Expansion): Expansion {
  const family = text.split(',')
  if (family.every((verb) => verbs.has(verb))) return { families: [...families, family], files }
  return { families: [...families, readVerbs], files: [...files, text] }
}

function collectLabel(
  text: string,
  before: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  const equals = text.indexOf('=')
  if (equals <= 0)
    throw new KubewitnessError('usage.invalid', `${text} is no label`, {
      next: 'write it KEY=VALUE',
    })
  return { ...before, [text.slice(0, equals)]: text.slice(equals + 1) }
}
