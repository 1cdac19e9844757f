import { at, isWireObject, textOf, type WireObject } from '../wire.ts'
import { objectsOf } from './effective-object.ts'
import type { EventView } from './view.ts'
import { equalsOne, isAbsentOrOne, type WireFact, type WireFacts } from './wire-fact.ts'

interface PodKind {
  readonly apiGroup: string
  /** To the object whose `spec` is that of a pod. */
  readonly path: readonly string[]
}

const inSpec = ['spec', 'template']

/** Pods, and the eight kinds that have a template of them. */
const podKinds: Readonly<Record<string, PodKind>> = {
  pods: { apiGroup: '', path: [] },
  podtemplates: { apiGroup: '', path: ['template'] },
  replicationcontrollers: { apiGroup: '', path: inSpec },
  daemonsets: { apiGroup: 'apps', path: inSpec },
  deployments: { apiGroup: 'apps', path: inSpec },
  replicasets: { apiGroup: 'apps', path: inSpec },
  statefulsets: { apiGroup: 'apps', path: inSpec },
  jobs: { apiGroup: 'batch', path: inSpec },
  cronjobs: { apiGroup: 'batch', path: ['spec', 'jobTemplate', ...inSpec] },
}

/** Their resources. */
export const podResources: readonly string[] = Object.keys(podKinds)

const isWrite = equalsOne('verb', 'create', 'update', 'patch')

/** What the wire shows of events that have a pod spec: writes of these kinds themselves, and of containers of running pods. */
export const podSpecFacts: WireFacts = [
  ...['', 'apps', 'batch'].map((apiGroup) => [
    isWrite,
    equalsOne('objectRef.resource', ...resourcesOf(apiGroup)),
    inGroup(apiGroup),
    isAbsentOrOne('objectRef.subresource'),
  ]),
  [
    isWrite,
    equalsOne('objectRef.resource', 'pods'),
    inGroup(''),
    equalsOne('objectRef.subresource', 'ephemeralcontainers'),
  ],
]

function resourcesOf(apiGroup: string): readonly string[] {
  return Object.keys(podKinds).filter((resource) => podKinds[resource]?.apiGroup === apiGroup)
}

function inGroup(apiGroup: string): WireFact {
  return apiGroup === ''
    ? isAbsentOrOne('objectRef.apiGroup')
    : equalsOne('objectRef.apiGroup', apiGroup)
}

/** The pod, or the template of pods, that the object is or holds, with metadata and spec; undefined when it has none. */
export function podTemplateOf(view: EventView): WireObject | undefined {
  const resource = view.reference('resource') ?? ''
  const kind = Object.hasOwn(podKinds, resource) ? podKinds[resource] : undefined
  if (kind === undefined || view.reference('apiGroup') !== kind.apiGroup) return undefined
  const isOfContainers =
    resource === 'pods' && view.reference('subresource') === 'ephemeralcontainers'
  if (!view.isWholeObject && !isOfContainers) return undefined
  const template = kind.path.reduce<unknown>(at, view.effectiveObject?.object)
  return isWireObject(template) ? template : undefined
}

const containerLists = ['initContainers', 'containers', 'ephemeralContainers']

/** All containers of the spec: those that start first, the usual ones, and those that were added later. */
export function containersIn(spec: WireObject): readonly WireObject[] {
  return containerLists.flatMap((list) => objectsOf(at(spec, list)))
}

/** The texts of a list; none if it is none. */
export function textsIn(list: unknown): readonly string[] {
  return Array.isArray(list) ? list.filter((text) => typeof text === 'string') : []
}

/** The host of an image's registry, in lower case: `docker.io` when the name has none. */
export function registryOf(image: string): string {
  const [first = '', ...rest] = image.split('/', 2)
  const isHost = rest.length > 0 && (/[.:]/.test(first) || first === 'localhost')
  return isHost ? first.toLowerCase() : 'docker.io'
}

/** A path as a kernel reads it: without `.`, `..`, repeated slashes and a slash at its end. */
export function cleanPath(path: string): string {
  const parts: string[] = []
  for (const part of path.split('/')) {
    if (part === '..') parts.pop()
    else if (part !== '' && part !== '.') parts.push(part)
  }
  return `${path.startsWith('/') ? '/' : ''}${parts.join('/')}`
}

/** A command of a container, or of what is run in it: its words joined by spaces. */
export function commandsOf(container: WireObject): readonly string[] {
  const hooks = at(container, 'lifecycle')
  const runs = [
    [...textsIn(at(container, 'command')), ...textsIn(at(container, 'args'))],
    ...[
      at(hooks, 'postStart'),
      at(hooks, 'preStop'),
      at(container, 'startupProbe'),
      at(container, 'livenessProbe'),
      at(container, 'readinessProbe'),
    ].map((handler) => textsIn(at(at(handler, 'exec'), 'command'))),
  ]
  return runs.filter((words) => words.length > 0).map((words) => words.join(' '))
}

/** Whether the container may do what the host may: privileged, or a process of the host on Windows. */
export function isPrivileged(container: WireObject): boolean {
  const context = at(container, 'securityContext')
  return at(context, 'privileged') === true || isHostProcess(context)
}

export function isHostProcess(securityContext: unknown): boolean {
  return at(at(securityContext, 'windowsOptions'), 'hostProcess') === true
}

/** The capabilities that the container gets beyond the usual ones, as `SYS_ADMIN`. */
export function addedCapabilitiesOf(container: WireObject): readonly string[] {
  const added = textsIn(at(at(at(container, 'securityContext'), 'capabilities'), 'add'))
  return added.map((name) => name.toUpperCase().replace(/^CAP_/, ''))
}

export interface HostPath {
  /** Of the volume. */
  readonly name: string
  readonly path: string
}

export function hostPathsIn(spec: WireObject): readonly HostPath[] {
  return objectsOf(at(spec, 'volumes')).flatMap((volume) => {
    const path = at(at(volume, 'hostPath'), 'path')
    return typeof path === 'string'
      ? [{ name: textOf(at(volume, 'name')), path: cleanPath(path) }]
      : []
  })
}

/** The names of the volumes that some container can write to. */
export function writableVolumesIn(containers: readonly WireObject[]): ReadonlySet<string> {
  return new Set(
    containers
      .flatMap((container) => objectsOf(at(container, 'volumeMounts')))
      .filter((mount) => at(mount, 'readOnly') !== true)
      .map((mount) => textOf(at(mount, 'name'))),
  )
}
