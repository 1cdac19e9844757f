import { describe, expect, it } from 'vitest'
import { apply, privileged, rulesOn } from './rules-on.ts'

describe('a pod that takes over its node', () => {
  const found = 'privileged_container'

  it('is found in each list of containers', () => {
    for (const list of ['containers', 'initContainers'])
      expect(rulesOn('pod_create', { [`requestObject.spec.${list}`]: [privileged] })).toContain(
        found,
      )
    const added = { 'requestObject.spec.ephemeralContainers': [privileged], level: 'Request' }
    expect(rulesOn('ephemeral_container', added)).toContain(found)
  })

  it('is found in the second container as in the first', () => {
    expect(rulesOn('pod_create', { 'requestObject.spec.containers': [{}, privileged] })).toContain(
      found,
    )
  })

  it.each([
    ['deployments', 'apps', 'spec.template'],
    ['statefulsets', 'apps', 'spec.template'],
    ['daemonsets', 'apps', 'spec.template'],
    ['replicasets', 'apps', 'spec.template'],
    ['replicationcontrollers', null, 'spec.template'],
    ['jobs', 'batch', 'spec.template'],
    ['cronjobs', 'batch', 'spec.jobTemplate.spec.template'],
    ['podtemplates', null, 'template'],
  ])('is found in the template of %s', (resource, apiGroup, path) => {
    const changes = {
      'objectRef.resource': resource,
      'objectRef.apiGroup': apiGroup,
      [`requestObject.${path}`]: { spec: { containers: [privileged] } },
    }
    expect(rulesOn('deployment_create', changes)).toContain(found)
  })

  it('is found when it is made by server-side apply, by PUT, or by a later edit', () => {
    const spec = { 'requestObject.spec.containers': [privileged] }
    for (const change of [
      apply,
      { ...apply, verb: 'update' },
      { ...apply, 'responseStatus.code': 200 },
    ])
      expect(rulesOn('pod_create', { ...spec, ...change })).toContain(found)
  })

  it('is found in a JSON patch', () => {
    const requestObject = [
      {
        op: 'add',
        path: '/spec/template/spec/containers/0/securityContext/privileged',
        value: true,
      },
    ]
    const changes = { verb: 'patch', 'responseStatus.code': 200, requestObject }
    expect(rulesOn('deployment_create', changes)).toContain(found)
  })

  it('is found whatever owner it claims', () => {
    const owners = [{ kind: 'ReplicaSet', name: 'web', controller: true }]
    const changes = {
      'requestObject.metadata.ownerReferences': owners,
      'requestObject.spec.containers': [privileged],
    }
    expect(rulesOn('pod_create', changes)).toContain(found)
  })

  it('is told from a container that may only gain privileges', () => {
    const context = { securityContext: { allowPrivilegeEscalation: true } }
    expect(rulesOn('pod_create', { 'requestObject.spec.containers': [context] })).not.toContain(
      found,
    )
  })

  it('is found without the annotation that kubectl apply leaves', () => {
    expect(rulesOn('pod_create', { 'requestObject.spec.containers': [privileged] })).toContain(
      found,
    )
  })

  it.each(['/etc', '/etc/', '//etc', '/var/../etc/.', '/etc/kubernetes/../'])(
    'is found by the path %s of its node, however that is written',
    (path) => {
      const volumes = [{ name: 'host', hostPath: { path } }]
      expect(rulesOn('pod_create', { 'requestObject.spec.volumes': volumes })).toContain(
        'sensitive_host_path',
      )
    },
  )
})
