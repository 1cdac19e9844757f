import { describe, expect, it } from 'vitest'
import { apiResources } from '../../src/audit/api-resources.ts'

function entryOf(apiGroup: string, resource: string) {
  return apiResources.find((each) => each.apiGroup === apiGroup && each.resource === resource)
}

describe('the resources of Kubernetes', () => {
  it('know their scope and verbs', () => {
    expect(entryOf('', 'pods/exec')).toEqual({
      apiGroup: '',
      resource: 'pods/exec',
      isNamespaced: true,
      verbs: ['create', 'get'],
    })
    expect(entryOf('apps', 'deployments/scale')?.verbs).toEqual(['get', 'patch', 'update'])
    expect(entryOf('rbac.authorization.k8s.io', 'clusterroles')).toEqual({
      apiGroup: 'rbac.authorization.k8s.io',
      resource: 'clusterroles',
      isNamespaced: false,
      verbs: 'create,delete,deletecollection,get,list,patch,update,watch'.split(','),
    })
  })

  it('are there once each, in the count that the discovery documents have', () => {
    const names = apiResources.map(({ apiGroup, resource }) => `${apiGroup}/${resource}`)
    expect(new Set(names).size).toBe(names.length)
    expect(names.length).toBe(126)
  })
})
