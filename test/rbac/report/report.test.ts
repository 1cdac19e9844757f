import { describe, expect, it } from 'vitest'
import { reportRecords } from '../../../src/rbac/report/records.ts'
import { escapeHtml, renderHtml } from '../../../src/rbac/report/render-html.ts'
import { escaped, renderMarkdown } from '../../../src/rbac/report/render-markdown.ts'
import { type RolesReport, reportOf } from '../../../src/rbac/report/report.ts'
import { reportSections } from '../../../src/rbac/report/sections.ts'
import { observed, type SaidEvent } from '../observe/events.ts'
import { clusterUseOf, clusterWide, inNamespace, objectsOf } from '../usage/support.ts'

const everything = '{apiGroups: ["*"], resources: ["*"], verbs: ["*"]}'
const podReader = '{apiGroups: [""], resources: [pods], verbs: [get, list]}'
const account = '{kind: ServiceAccount, name: default, namespace: shop}'
const listsPods: SaidEvent = { verb: 'list', resource: 'pods', namespace: 'shop' }
const by = (binding: string, subject: string): string =>
  `RBAC: allowed by ClusterRoleBinding "${binding}" of ClusterRole "${binding}" to ${subject}`

function reportFor(manifests: readonly string[], events: readonly SaidEvent[]): RolesReport {
  return reportOf(clusterUseOf(objectsOf(...manifests), observed(...events)))
}

/** The rows of a section, without its last columns. */
function rows(report: RolesReport, title: string, columns: number): string[][] {
  const section = reportSections(report).find((each) => each.title === title)
  return section?.rows.map((row) => row.slice(0, columns)) ?? []
}

describe('the report on a cluster', () => {
  it('has those first who hold most that they do not use', () => {
    const report = reportFor(
      [
        ...clusterWide(everything, '{kind: User, name: bob}', 'admin'),
        ...inNamespace('shop', podReader),
        ...clusterWide(podReader, '{kind: User, name: system:kube-scheduler}', 'own'),
      ],
      [{ ...listsPods, user: 'bob' }, listsPods],
    )
    const all = String(report.subjects[0]?.excess.granted)
    expect(rows(report, 'Subjects by excess', 5)).toEqual([
      ['User bob', '1', all, '1', '99 %'],
      ['User alice', '1', '2', '1', '50 %'],
    ])
  })

  it('leaves out those that hold only what Kubernetes gives its components', () => {
    const [role = '', binding = ''] = clusterWide(
      podReader,
      '{kind: ServiceAccount, name: c, namespace: kube-system}',
    )
    const builtIn = binding.replace(
      '{name: r}',
      '{name: r, labels: {kubernetes.io/bootstrapping: rbac-defaults}}',
    )
    expect(reportFor([role, builtIn], []).subjects).toEqual([])
    expect(reportFor([role, binding], []).subjects).toHaveLength(1)
  })

  it('tells which bindings the API server never named, and which of them allow what was done', () => {
    const gone =
      'kind: RoleBinding\nmetadata: {name: gone, namespace: shop}\nroleRef: {kind: Role, name: nowhere}\nsubjects: [{kind: User, name: alice}]'
    const report = reportFor(
      [
        ...clusterWide(podReader, undefined, 'named'),
        ...clusterWide(podReader, undefined, 'second'),
        ...clusterWide(podReader, '{kind: User, name: bob}', 'idle'),
        ...clusterWide(podReader, '', 'empty'),
        gone,
      ],
      [
        { ...listsPods, reason: by('named', 'User "alice"'), second: 9 },
        { ...listsPods, reason: by('named', 'User "alice"') },
      ],
    )
    expect(
      report.bindings.map(({ binding, status, named }) => [binding.name, status, named]),
    ).toEqual([
      ['gone', 'dangling', 0],
      ['empty', 'noSubjects', 0],
      ['idle', 'unused', 0],
      ['second', 'notNamed', 0],
      ['named', 'exercised', 2],
    ])
    const records = reportRecords(report) as readonly Record<string, unknown>[]
    expect(records.filter(({ kind }) => kind === 'binding').at(-1)).toEqual({
      kind: 'binding',
      binding: { kind: 'ClusterRoleBinding', name: 'named' },
      role: { kind: 'ClusterRole', name: 'named' },
      subjects: [{ kind: 'User', name: 'alice' }],
      status: 'exercised',
      named: 2,
      lastNamed: '2026-03-01T10:00:09.000000Z',
      requests: 2,
      isBuiltIn: false,
    })
  })

  it('goes by the manifests alone where events give no reasons', () => {
    const report = reportFor(clusterWide(podReader), [{ ...listsPods, decision: null }])
    expect(report.bindings.map(({ status, named }) => [status, named])).toEqual([
      ['exercised', undefined],
    ])
    expect(renderMarkdown(report)).toContain('The events name no bindings')
  })

  it('ranks holders of everything by what they use of it', () => {
    const subjects = '{kind: User, name: alice}, {kind: User, name: gone}, {kind: Group, name: sre}'
    const report = reportFor(clusterWide(everything, subjects), [
      listsPods,
      { ...listsPods, verb: 'delete', name: 'a' },
      { ...listsPods, user: 'bob', groups: ['sre'] },
      { ...listsPods, user: 'eve', groups: ['sre'] },
    ])
    expect(
      report.clusterAdmins.map(({ holder, users, activity }) => [
        holder.name,
        users,
        activity.kinds,
        activity.verbs,
      ]),
    ).toEqual([
      ['gone', [], 0, []],
      ['sre', ['bob', 'eve'], 1, ['list']],
      ['alice', ['alice'], 2, ['delete', 'list']],
    ])
  })

  it('shows each use of system:masters, the API server’s own last', () => {
    const masters = ['system:masters']
    const report = reportFor(
      [],
      [
        { ...listsPods, user: 'system:apiserver', groups: masters },
        { ...listsPods, user: 'system:apiserver', groups: masters },
        { ...listsPods, user: 'root', groups: masters, verb: 'delete', name: 'a' },
      ],
    )
    expect(
      report.privileged.map(({ user, isApiServer, activity }) => [
        user,
        isApiServer,
        activity.requests,
      ]),
    ).toEqual([
      ['root', false, 1],
      ['system:apiserver', true, 2],
    ])
    expect(rows(report, 'Subjects by excess', 1)).toEqual([['User root']])
  })

  it('shows who lives off a group, and not what they hold themselves', () => {
    const report = reportFor(
      [
        ...clusterWide(podReader, '{kind: Group, name: devs}', 'devs'),
        ...inNamespace('shop', podReader),
      ],
      [
        { ...listsPods, groups: ['devs'] },
        { ...listsPods, groups: ['devs'], namespace: 'other' },
        { ...listsPods, user: 'bob', groups: [] },
      ],
    )
    expect(rows(report, 'Living off a group', 4)).toEqual([
      ['User alice', 'devs', 'ClusterRoleBinding devs', '1'],
    ])
  })

  it('shows default service accounts with rights, and what is given to everybody', () => {
    const report = reportFor(
      [
        ...clusterWide(podReader, account),
        ...clusterWide(
          podReader,
          '{kind: Group, name: system:unauthenticated}, {kind: User, name: system:anonymous}',
          'open',
        ),
      ],
      [listsPods, { ...listsPods, user: 'system:anonymous', groups: ['system:unauthenticated'] }],
    )
    expect(rows(report, 'Default service accounts with rights', 3)).toEqual([
      ['ServiceAccount shop/default', 'ClusterRoleBinding r', '0'],
    ])
    expect(rows(report, 'What everybody holds', 4)).toEqual([
      ['Group system:unauthenticated', 'ClusterRoleBinding open', 'ClusterRole open', '1'],
      ['User system:anonymous', 'ClusterRoleBinding open', 'ClusterRole open', '0'],
    ])
  })

  it('is written as records, each with its kind', () => {
    const report = reportFor(
      [
        ...clusterWide(everything, account),
        ...clusterWide(podReader, '{kind: Group, name: devs}', 'devs'),
      ],
      [
        { ...listsPods, groups: ['devs'] },
        { ...listsPods, user: 'root', groups: ['system:masters'] },
      ],
    )
    const records = reportRecords(report) as readonly { readonly kind: string }[]
    expect(
      Object.fromEntries(
        [...Map.groupBy(records, ({ kind }) => kind)].map(([kind, all]) => [kind, all.length]),
      ),
    ).toEqual({
      report: 1,
      subject: 4,
      binding: 2,
      clusterAdmin: 1,
      privileged: 1,
      groupGrant: 1,
      defaultAccount: 1,
    })
    expect(records.find(({ kind }) => kind === 'groupGrant')).toEqual({
      kind: 'groupGrant',
      subject: { kind: 'User', name: 'alice' },
      group: 'devs',
      bindings: [{ kind: 'ClusterRoleBinding', name: 'devs' }],
      requests: 1,
      kinds: 1,
      verbs: ['list'],
      resources: ['pods'],
      firstSeen: '2026-03-01T10:00:00.000000Z',
      lastSeen: '2026-03-01T10:00:00.000000Z',
    })
  })
})

describe('the text of a report', () => {
  const hostile = `<script>alert(1)</script>"' | **b** [x](https://example.com) www.example.com @all \`c\` \u202e\n# h`
  const report = reportFor(
    clusterWide(everything, JSON.stringify({ kind: 'User', name: hostile })),
    [{ ...listsPods, user: hostile, groups: [hostile, 'system:masters'] }],
  )

  it('is HTML without script, whatever the names in it', () => {
    const html = renderHtml(report)
    expect(html).toContain('&lt;script&gt;alert(1)&lt;/script&gt;&quot;&#39; | **b**')
    const tags = new Set([...html.matchAll(/<\/?([a-z][a-z0-9]*)/gi)].map(([, tag]) => tag))
    expect(tags).toEqual(
      new Set(
        'html head meta title style body h1 ul li h2 p table thead tr th tbody td'.split(' '),
      ),
    )
    expect(html).not.toMatch(/[\u202e]/)
    expect(html).toContain(`content="default-src 'none'; style-src 'unsafe-inline'"`)
  })

  it('is Markdown without links, mentions, markup or broken tables', () => {
    const markdown = renderMarkdown(report)
    for (const line of markdown.split('\n').filter((each) => each.startsWith('|')))
      expect(line.replaceAll(/\\./g, '')).toMatch(/^(?:\| [^|]*)+\|$/)
    expect(markdown).not.toMatch(/<script|https:\/\/|www\.|@|\u202e|\n# h/)
    expect(escaped(hostile)).toBe(
      `&lt;script&gt;alert(1)&lt;/script&gt;"' \\| \\*\\*b\\*\\* \\[x\\](https&#58;//example.com) www&#46;example.com &#64;all \\\`c\\\`   \\# h`,
    )
  })

  it('escapes what HTML gives a meaning', () => {
    expect(escapeHtml(`a<b>&"'\u0000c`)).toBe('a&lt;b&gt;&amp;&quot;&#39; c')
  })
})
