import { appendFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { openJournal, readJournal } from '../support/journal.ts'
import { createOracle, type Evidence, oracleOf, type SentEvent } from '../support/oracle.ts'
import { createTemporaryFolder } from '../support/temporary-folder.ts'

const stage = 'ResponseComplete'
const event = (auditID: string): SentEvent => ({ auditID, stage })
const planted: SentEvent = { auditID: 'p', stage, planted: 'exec' }
const stored = (...ids: string[]) => ids.map((auditID) => ({ auditID, stage, cluster: 'dev' }))

function alert(id: string, auditID: string, rule = 'exec_into_pod', revision = 1) {
  return {
    id,
    revision,
    cluster: 'dev',
    rule: { id: `id-of-${rule}`, name: rule, title: '', level: 'medium' as const, tags: [] },
    events: [{ id: `hash-${auditID}`, auditID, stage }],
  }
}

/** a and b acknowledged, p too and to be found; c sent, but never acknowledged. */
function judged(evidence: Partial<Evidence>) {
  const oracle = createOracle()
  oracle.issue('dev', [event('a'), event('b'), event('c'), planted])
  oracle.acknowledge('dev', [event('a'), event('b'), planted])
  return oracle.judge({ stored: stored('a', 'b', 'p'), alerts: [alert('1', 'p')], ...evidence })
}

describe('the oracle', () => {
  it('is content when all that was acknowledged is there once, alerts too', () => {
    expect(judged({})).toEqual({
      issued: 4,
      acknowledged: 3,
      stored: 3,
      lost: [],
      doubled: [],
      unknown: [],
      alertsExpected: 1,
      alertsMissing: [],
      alertsDoubled: [],
      alertsSplit: [],
      isClean: true,
      line: 'issued 4, acknowledged 3, stored 3, lost 0, doubled 0, unknown 0; alerts expected 1, missing 0, doubled 0, split 0',
    })
  })

  it('does not mind what was sent, stored, and never acknowledged', () => {
    expect(judged({ stored: stored('a', 'b', 'c', 'p') }).isClean).toBe(true)
  })

  it('sees what was acknowledged and is gone', () => {
    const verdict = judged({ stored: stored('a', 'p') })
    expect([verdict.lost, verdict.isClean]).toEqual([[`dev/b/${stage}`], false])
    expect(verdict.line).toContain('lost 1,')
  })

  it('sees what is stored more than once', () => {
    const verdict = judged({ stored: stored('a', 'b', 'b', 'b', 'p') })
    expect([verdict.doubled, verdict.isClean]).toEqual([[`dev/b/${stage}`], false])
  })

  it('sees what nobody sent', () => {
    const verdict = judged({ stored: stored('a', 'b', 'p', 'x') })
    expect([verdict.unknown, verdict.isClean]).toEqual([[`dev/x/${stage}`], false])
  })

  it('takes the same ids in another cluster or stage for other events', () => {
    const elsewhere = [
      { auditID: 'a', stage, cluster: 'prod' },
      { auditID: 'b', stage: 'ResponseStarted', cluster: 'dev' },
    ]
    const verdict = judged({ stored: [...stored('p'), ...elsewhere] })
    expect(verdict.lost).toEqual([`dev/a/${stage}`, `dev/b/${stage}`])
    expect(verdict.unknown).toEqual([`prod/a/${stage}`, 'dev/b/ResponseStarted'])
  })

  it('sees a planted event without an alert', () => {
    const verdict = judged({ alerts: [alert('1', 'a')] })
    expect([verdict.alertsMissing, verdict.isClean]).toEqual([[`dev/p/${stage}`], false])
  })

  it('takes only alerts of the rules that were named', () => {
    const alerts = [alert('1', 'p', 'odd_user_agent')]
    const rules = { exec: ['exec_into_pod'] }
    expect(judged({ alerts, rules }).alertsMissing).toEqual([`dev/p/${stage}`])
    expect(judged({ alerts, rules: { exec: ['id-of-odd_user_agent'] } }).alertsMissing).toEqual([])
  })

  it('sees an alert twice, but not its revisions', () => {
    const first = alert('1', 'p')
    expect(judged({ alerts: [first, alert('1', 'p', 'exec_into_pod', 2)] }).isClean).toBe(true)
    const verdict = judged({ alerts: [first, first] })
    expect([verdict.alertsDoubled, verdict.isClean]).toEqual([['1'], false])
  })

  it('sees one rule raise two alerts for one event', () => {
    const verdict = judged({ alerts: [alert('1', 'p'), alert('2', 'p')] })
    expect([verdict.alertsSplit, verdict.isClean]).toEqual([[`dev/p/${stage}`], false])
    expect(judged({ alerts: [alert('1', 'p'), alert('2', 'p', 'other')] }).isClean).toBe(true)
  })

  it('does not mind events of overlapping windows, which nobody planted', () => {
    const alerts = [alert('1', 'p'), alert('2', 'a'), alert('3', 'a')]
    expect(judged({ alerts }).isClean).toBe(true)
  })

  it('goes on from its journal, torn or not', async () => {
    await using folder = await createTemporaryFolder()
    const path = join(folder.path, 'journal')
    const journal = openJournal(path)
    const oracle = createOracle({ journal })
    oracle.acknowledge('dev', [event('a'), planted])
    oracle.acknowledge('prod', [event('a')])
    journal.close()
    appendFileSync(path, '["dev",[["torn","Resp')

    const entries = readJournal(path)
    expect(entries).toEqual([
      { cluster: 'dev', events: [event('a'), planted] },
      { cluster: 'prod', events: [event('a')] },
    ])
    const evidence = { stored: stored('a'), alerts: [] }
    const verdict = oracleOf(entries).judge(evidence)
    expect(verdict).toEqual(oracle.judge(evidence))
    expect(verdict.lost).toEqual([`dev/p/${stage}`, `prod/a/${stage}`])
  })
})
