import { describe, expect, it } from 'vitest'
import { loadAuditPolicy } from '../../../src/audit/policy/load.ts'

const policy = 'apiVersion: audit.k8s.io/v1\nkind: Policy\nrules:\n- level: Metadata\n'

describe('an audit policy file', () => {
  it('ends for the API server at a line that begins with a percent sign', () => {
    expect(loadAuditPolicy(`${policy}%YAML 1.1\n- nonsense`, { path: 'policy.yml' })).toMatchObject(
      {
        policy: {
          rules: [
            {
              level: 'Metadata',
              users: [],
              userGroups: [],
              verbs: [],
              resources: [],
              namespaces: [],
              nonResourceURLs: [],
              omitStages: [],
            },
          ],
          omitStages: [],
          omitManagedFields: false,
        },
        problems: [
          {
            path: 'policy.yml',
            line: 5,
            column: 1,
            severity: 'warning',
            code: 'yaml.secondDocument',
            message: 'the API server reads the first document only; remove the others',
            field: '',
          },
        ],
      },
    )
  })

  it('may have the line breaks of YAML 1.1', () => {
    const { problems } = loadAuditPolicy(policy.replace('Policy\n', 'Policy\u0085'), { path: '' })
    expect(problems).toEqual([])
  })

  it('has no tab before what a line begins with, unless a value goes on there', () => {
    const codes = (users: string): readonly string[] =>
      loadAuditPolicy(`${policy}  users:${users}\n`, { path: '' }).problems.map(({ code }) => code)
    expect(codes('\n    \t[]')).toEqual(['yaml.tab'])
    expect(codes(' [a,\n    \tb]')).toEqual([])
    expect(codes('\n  - a\n   \tb')).toEqual([])
  })

  it('may begin with directives', () => {
    const { problems } = loadAuditPolicy(`%YAML 1.1\n---\n${policy}`, { path: 'policy.yml' })
    expect(problems).toEqual([])
  })
})
