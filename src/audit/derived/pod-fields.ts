import { compilePath } from '../path.ts'
import { at, textOf, type WireObject } from '../wire.ts'
import { type DerivedField, presentText, presentValues } from './field.ts'
import {
  addedCapabilitiesOf,
  commandsOf,
  hostPathsIn,
  isHostProcess,
  isPrivileged,
  podSpecFacts,
  registryOf,
  writableVolumesIn,
} from './pod-spec.ts'
import type { EventView } from './view.ts'

const ofPodSpec = { auditLevel: 'Request', wherePresent: podSpecFacts } as const

const hostNamespaces = ['hostPID', 'hostIPC', 'hostNetwork'] as const

/** What a pod, or the template of one, is allowed to do. */
export const podFields: Readonly<Record<string, DerivedField>> = {
  'podSpec.': {
    ...ofPodSpec,
    type: 'any',
    isList: true,
    meaning:
      'A path in the spec of the pod, wherever it hides: in a Pod, or in the template of a Deployment, ReplicaSet, StatefulSet, DaemonSet, ReplicationController, Job, CronJob or PodTemplate. From effectiveObject.',
    bind: (path) => {
      const read = compilePath(path)
      return ({ podSpec }) => read(podSpec)
    },
  },
  'podMetadata.': {
    ...ofPodSpec,
    type: 'any',
    isList: true,
    meaning:
      'A path in the metadata of the pod, or of the template: `podMetadata.annotations.example.com/key`.',
    bind: (path) => {
      const read = compilePath(path)
      return ({ podTemplate }) => read(at(podTemplate, 'metadata'))
    },
  },
  containers: {
    ...ofPodSpec,
    type: 'object',
    isList: true,
    meaning:
      'All containers of podSpec, init and ephemeral ones too, for `containers[any]:` under `sigma-version: 3`.',
    read: ({ containers }) => presentValues(containers),
  },
  'containers.': {
    ...ofPodSpec,
    type: 'any',
    isList: true,
    meaning: 'A path in each of the containers: `containers.securityContext.runAsUser`.',
    bind: (path) => {
      const read = compilePath(path)
      return ({ containers }) => read(containers)
    },
  },
  images: ofContainers('The images of all containers.', (container) => [
    textOf(at(container, 'image')),
  ]),
  imageRegistries: ofContainers(
    'The hosts that the images come from, `docker.io` for names without one.',
    (container) => {
      const image = textOf(at(container, 'image'))
      return image === '' ? [] : [registryOf(image)]
    },
  ),
  containerCommands: ofContainers(
    'What the containers run, words joined by spaces: command with args, and the commands of hooks and probes.',
    commandsOf,
  ),
  addedCapabilities: ofContainers(
    'The capabilities that some container adds, in capitals and without `CAP_`.',
    addedCapabilitiesOf,
  ),
  isPrivileged: {
    ...ofPodSpec,
    type: 'boolean',
    meaning:
      'Whether some container is privileged, or a process of the host on Windows; absent without a podSpec.',
    read: ({ podSpec, containers }) =>
      podSpec && [isHostProcess(at(podSpec, 'securityContext')) || containers.some(isPrivileged)],
  },
  hostNamespaces: {
    ...ofPodSpec,
    type: 'text',
    isList: true,
    meaning: 'Which namespaces of the host the pod uses: `hostPID`, `hostIPC`, `hostNetwork`.',
    read: ({ podSpec }) =>
      presentValues(hostNamespaces.filter((name) => at(podSpec, name) === true)),
  },
  hostPaths: {
    ...ofPodSpec,
    type: 'text',
    isList: true,
    meaning:
      'The paths of the host that are volumes of the pod, without `..`, `//` and `/` at the end.',
    read: ({ podSpec }) => podSpec && presentValues(hostPathsIn(podSpec).map(({ path }) => path)),
  },
  writableHostPaths: {
    ...ofPodSpec,
    type: 'text',
    isList: true,
    meaning: 'Those of hostPaths that some container mounts without `readOnly`.',
    read: ({ podSpec, containers }) => {
      if (podSpec === undefined) return undefined
      const writable = writableVolumesIn(containers)
      const found = hostPathsIn(podSpec).filter(({ name }) => writable.has(name))
      return presentValues(found.map(({ path }) => path))
    },
  },
  podServiceAccount: {
    ...ofPodSpec,
    type: 'text',
    meaning:
      'The service account that the pod names; absent when it names none, and then gets `default`.',
    read: ({ podSpec }) =>
      presentText(
        textOf(at(podSpec, 'serviceAccountName')) || textOf(at(podSpec, 'serviceAccount')),
      ),
  },
}

function ofContainers(
  meaning: string,
  textsOf: (container: WireObject) => readonly string[],
): DerivedField {
  return {
    ...ofPodSpec,
    type: 'text',
    isList: true,
    meaning,
    read: ({ containers }: EventView) =>
      presentValues(containers.flatMap(textsOf).filter((text) => text !== '')),
  }
}
