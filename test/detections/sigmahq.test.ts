import process from 'node:process'
import { describe, expect, it } from 'vitest'
import { readRuleFiles, readRules } from '../../src/app/rule-files.ts'
import { createRuleSet } from '../../src/detect/match.ts'
import { listRecordings, readEvents } from '../support/recordings.ts'
import { alertsOn, evidenceOf } from './corpus.ts'

/** A folder with the files of `rules/application/kubernetes/audit` of SigmaHQ/sigma, whose licence keeps them out of here. */
const folder = process.env['KUBEWITNESS_SIGMAHQ_RULES'] ?? ''
const recordings = ['benign', 'attacks', 'special'].flatMap((name) =>
  listRecordings(name, '.jsonl').map((file) => `${name}/${file}`),
)

interface Event {
  readonly auditID: string
  readonly verb?: string
  readonly requestURI?: string
  readonly userAgent?: string
  readonly objectRef?: Readonly<
    Record<'resource' | 'subresource' | 'namespace' | 'apiGroup', string>
  >
  readonly responseStatus?: { readonly code?: number }
  readonly requestObject?: unknown
  readonly annotations?: Readonly<Record<string, string>>
}

const writes = ['create', 'delete', 'patch', 'replace', 'update']
const on =
  (verbs: readonly string[], resources: readonly string[], apiGroup?: string) =>
  ({ verb = '', objectRef }: Event): boolean =>
    verbs.includes(verb) &&
    resources.includes(objectRef?.resource ?? '') &&
    (apiGroup === undefined || objectRef?.apiGroup === apiGroup)
const createsPod = on(['create'], ['pods'])
const shells = /(?:\/|%2f)bin(?:\/|%2f)(?:ash|bash|busybox|dash|sh|zsh)/i
const tools = /(?:\/|%2f)usr(?:\/|%2f)bin(?:\/|%2f)(?:curl|kubectl|perl|python|wget)/i

/** What each rule asks for, in words of this test: the identifier, and whether an event is meant. */
const meant: Readonly<Record<string, (event: Event) => boolean>> = {
  'eed82177-38f5-4299-8a76-098d50d225ab': on(
    writes,
    ['mutatingwebhookconfigurations', 'validatingwebhookconfigurations'],
    'admissionregistration.k8s.io',
  ),
  '0c9b3bda-41a6-4442-9345-356ae86343dc': on(writes, ['cronjobs', 'jobs'], 'batch'),
  '10b97915-ec8d-455f-a815-9a78926585f6': on(
    writes,
    ['clusterrolebindings', 'rolebindings'],
    'rbac.authorization.k8s.io',
  ),
  '58d31a75-a4f8-4c40-985b-373d58162ca2': on(writes, ['secrets']),
  'eeb3e9e1-b685-44e4-9232-6bb701f925b5': on(['list'], ['secrets']),
  '40967487-139b-4811-81d9-c9767a92aa5a': on(['delete'], ['deployments']),
  '3132570d-cab2-4561-9ea6-1743644b2290': on(['delete'], ['events']),
  'e31bae15-83ed-473e-bf31-faf4f8a17d36': on(['create'], ['serviceaccounts']),
  'a1b0ca4e-7835-413e-8471-3ff2b8a66be6': (event) =>
    createsPod(event) && event.objectRef?.subresource === 'exec',
  'a80d927d-ac6e-443f-a867-e8d6e3897318': (event) =>
    createsPod(event) && event.objectRef?.namespace === 'kube-system',
  '402b955c-8fe0-4a8c-b635-622b4ac5f902': (event) =>
    createsPod(event) && /"hostPath":\{"path":/.test(JSON.stringify(event.requestObject ?? '')),
  'c5cd1b20-36bb-488d-8c05-486be3d0cb97': (event) =>
    createsPod(event) &&
    /"capabilities":\{[^}]*"add":\["/.test(JSON.stringify(event.requestObject ?? '')),
  '84b777bd-c946-4d17-aa2e-c39f5a454325': on(
    ['create'],
    ['selfsubjectrulesreviews'],
    'authorization.k8s.io',
  ),
  'ad9012a6-e518-4432-9890-f3b82b8fc71f': on(['patch'], ['deployments'], 'apps'),
  '0d933542-1f1f-420d-97d4-21b2c3c492d9': ({ responseStatus }) =>
    responseStatus?.code === 401 || responseStatus?.code === 403,
  '597a7e84-187d-458b-9e4f-2f5a0e676711': ({ annotations, requestURI = '', userAgent = '' }) =>
    annotations?.['authorization.k8s.io/decision'] === 'allow' &&
    (shells.test(requestURI) ||
      tools.test(requestURI) ||
      /access_matrix|trufflehog|azurehound|micro-scanner/i.test(userAgent)),
}

describe('the public rules for Kubernetes audit events', () => {
  const { rules, problems } = readRules(readRuleFiles({ builtin: false, paths: [folder] }))
  const ruleSet = createRuleSet(rules, {
    onRuleFailure: (rule, error) => expect.fail(`${rule.title}: ${String(error)}`),
  })

  it('load without an error, and all sixteen are evaluated', () => {
    expect(problems.filter(({ severity }) => severity === 'error')).toEqual([])
    expect(ruleSet.problems).toEqual([])
    expect(ruleSet.rules.map(({ id }) => id).toSorted()).toEqual(Object.keys(meant).toSorted())
  })

  it('match the requests of the recordings that they mean', () => {
    const found = new Map(Object.keys(meant).map((id) => [id, new Set<string>()]))
    const wanted = new Map(Object.keys(meant).map((id) => [id, new Set<string>()]))
    for (const recording of recordings) {
      for (const { alert, auditID } of evidenceOf(alertsOn(ruleSet, recording)))
        found.get(alert.rule.id)?.add(`${recording} ${auditID}`)
      // Events of recordings are events.
      for (const event of readEvents(recording) as unknown as readonly Event[]) {
        for (const [id, isMeant] of Object.entries(meant))
          if (isMeant(event)) wanted.get(id)?.add(`${recording} ${event.auditID}`)
      }
    }
    expect(found).toEqual(wanted)
    // Nobody in the recordings adds capabilities or names a shell in full; test/detect/mapping.test.ts has such events.
    expect([...found].filter(([, requests]) => requests.size === 0).map(([id]) => id)).toEqual([
      'c5cd1b20-36bb-488d-8c05-486be3d0cb97',
      '597a7e84-187d-458b-9e4f-2f5a0e676711',
    ])
  })
})
