import type { Observation } from '../../rbac/observe/observation.ts'
import { type ClusterUse, createClusterUse } from '../../rbac/usage/cluster-use.ts'
import type { CliContext } from '../context.ts'
import { clusterOfFiles, observeFiles } from './observe-files.ts'
import { readRbac } from './read-rbac.ts'
import { splitPaths } from './split-paths.ts'

export interface ClusterUseOptions {
  readonly rbac: readonly string[]
  readonly kubernetesVersion: string
}

/** Manifests beside what the events of some files tell. Throws as `readRbac` and `splitPaths` do. */
export async function readClusterUse(
  given: readonly string[],
  { kubernetesVersion, ...options }: ClusterUseOptions,
  context: CliContext,
): Promise<{ readonly cluster: ClusterUse; readonly isIncomplete: boolean }> {
  const { rbac, files } = await splitPaths({ rbac: options.rbac, files: given })
  const objects = await readRbac(rbac, context)
  const { observation, isIncomplete } = await observeFiles(files, context)
  return {
    isIncomplete,
    cluster: createClusterUse({
      objects,
      profiles: observation.profiles(),
      window: windowOf(observation),
      isCut: observation.isCut,
      kubernetesVersion,
    }),
  }
}

function windowOf(observation: Observation) {
  return observation.windows().find(({ cluster }) => cluster === clusterOfFiles)
}
