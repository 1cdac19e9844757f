/** Names to try behind a derived field that takes one. */
export function namesToTry(prefix: string): readonly string[] {
  const names = namesByPrefix[prefix]
  if (names === undefined) throw new Error(`give some names to try behind ${prefix}`)
  return names
}

const namesByPrefix: Readonly<Record<string, readonly string[]>> = {
  'effectiveObject.': ['metadata.name', 'spec.containers', 'x', ''],
  'podSpec.': ['hostPID', 'containers.image', 'volumes'],
  'podMetadata.': ['labels.app', 'annotations.a/b'],
  'containers.': ['image', 'securityContext.privileged'],
  'roleRules.': ['verbs', 'resources'],
  'bindingSubjects.': ['kind', 'name'],
  'fieldSelector.': ['metadata.name', 'spec.nodeName'],
  'labelSelector.': ['app', 'owner'],
  'latencyMs.': ['total', 'etcd'],
  'requestQuery.': ['dryRun', 'command', 'a.b/c', ''],
}
