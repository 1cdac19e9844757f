import { KubewitnessError } from '../../errors.ts'
import { isAbsent, isForbidden } from './faults.ts'
import type { SearchClient } from './product.ts'
import type { SearchSinkConfig } from './products.ts'
import { type Template, templateVersion } from './templates.ts'

/** `current`, and `newer` than this program knows: nothing to do. */
export type TemplateState = 'missing' | 'older' | 'different' | 'current' | 'newer'

export async function stateOf(
  client: SearchClient,
  template: Template,
  signal: AbortSignal,
): Promise<TemplateState> {
  try {
    const found = versionIn(await client.request({ method: 'GET', path: template.path }, signal))
    if (template.isUsers) return 'current'
    if (found.version > templateVersion) return 'newer'
    if (found.version < templateVersion) return 'older'
    return found.hash === template.body._meta.hash ? 'current' : 'different'
  } catch (error) {
    if (isAbsent(error)) return 'missing'
    throw error
  }
}

export async function put(
  client: SearchClient,
  template: Template,
  signal: AbortSignal,
): Promise<void> {
  const { path, body } = template
  await client.request({ method: 'PUT', path, body }, signal)
}

/** Sees to it that the templates are there, as far as the configuration and the credentials allow. Throws when they are not. */
export async function ensureTemplates(
  client: SearchClient,
  { name, setup }: Pick<SearchSinkConfig, 'name' | 'setup'>,
  templates: readonly Template[],
  signal: AbortSignal,
): Promise<void> {
  if (setup === 'off') return
  for (const template of templates) {
    try {
      const state = await stateOf(client, template, signal)
      if (state === 'current' || state === 'newer') continue
      if (setup === 'check') {
        if (state !== 'missing') continue
        throw notSetUp(name, `the ${template.kind} ${template.name} is missing`)
      }
      await put(client, template, signal)
    } catch (error) {
      if (!isForbidden(error)) throw error
      throw notSetUp(
        name,
        `the credentials may not look at the ${template.kind} ${template.name}, or make it`,
      )
    }
  }
}

function notSetUp(sinkName: string, problem: string): KubewitnessError {
  return new KubewitnessError('sink.unavailable', problem, {
    next: `run \`kubewitness sinks setup ${sinkName}\` with credentials that may manage index templates`,
  })
}

/** Both kinds of answer are a list of one under a key of its own. */
function versionIn(answer: unknown): { readonly version: number; readonly hash: string } {
  const [list] = Object.values(answer as Readonly<Record<string, readonly object[]>>)
  const entry = list?.[0] as Readonly<Record<string, unknown>> | undefined
  const body = (entry?.['component_template'] ?? entry?.['index_template']) as
    | { version?: unknown; _meta?: { hash?: unknown } }
    | undefined
  const version = typeof body?.version === 'number' ? body.version : 0
  return { version, hash: String(body?._meta?.hash ?? '') }
}
