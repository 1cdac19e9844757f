import { InvalidArgumentError, Option } from 'commander'
import {
  defaultKubernetesVersion,
  minorReleaseOf,
  newestKubernetesVersion,
  oldestKubernetesVersion,
} from '../../audit/policy/version.ts'

export interface KubernetesVersionOptions {
  readonly kubernetesVersion: string
}

/** `--kubernetes-version`, as every command about audit policies takes it: they are not read alike by all versions. */
export function kubernetesVersionOption(): Option {
  const range = `${oldestKubernetesVersion} to ${newestKubernetesVersion}`
  return new Option('--kubernetes-version <version>', `of the API server, ${range}`)
    .default(defaultKubernetesVersion)
    .argParser((version) => {
      if (minorReleaseOf(version) !== undefined) return version
      throw new InvalidArgumentError(`Give ${range}.`)
    })
}
