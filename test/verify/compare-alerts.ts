import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { parse } from 'yaml'
import type { Alert } from '../../src/contracts.ts'
import { readLabels } from '../support/recordings.ts'
import { runCommand } from '../support/run-command.ts'

/**
 * Compares the alerts that the service raised on live scenarios with those on their recordings:
 *
 *   kubewitness log export --topic alerts > alerts.jsonl
 *   node test/verify/compare-alerts.ts alerts.jsonl FOLDER_OF_LABELS
 *
 * For every scenario with labels in the folder: the rules that point to its malicious requests, live and recorded.
 * Exits with 1 when a rule of the recording is missing live, or an alert points to a request labelled benign.
 */
const [alertsFile, folder] = process.argv.slice(2)
if (alertsFile === undefined || folder === undefined) {
  process.stderr.write('usage: node test/verify/compare-alerts.ts ALERTS FOLDER_OF_LABELS\n')
  process.exit(2)
}
const live = alertsOf(readFileSync(alertsFile, 'utf8'))
let problems = 0
for (const name of readdirSync(folder)
  .filter((file) => file.endsWith('.yml'))
  .map((file) => file.slice(0, -4))) {
  const recording = `test/fixtures/recordings/attacks/${name}.jsonl`
  if (![recording, `${recording}.gz`].some((file) => existsSync(file))) continue
  const { stdout } = await runCommand([
    'scan',
    existsSync(recording) ? recording : `${recording}.gz`,
    '--minimum-level',
    'low',
    '--output',
    'json',
  ])
  const recorded = rulesOn(alertsOf(stdout), readLabels(`attacks/${name}.yml`).malicious)
  // Written by the tool that drove the scenario, in the form of the recordings' labels.
  const labels = parse(readFileSync(join(folder, `${name}.yml`), 'utf8')) as {
    malicious: string[]
    benign: string[]
  }
  const seen = rulesOn(live, labels.malicious)
  const missing = [...recorded].filter((rule) => !seen.has(rule))
  const onBenign = rulesOn(live, labels.benign)
  problems += missing.length + onBenign.size
  process.stdout.write(
    `${name}: ${seen.size} rules live, ${recorded.size} recorded, missing live: ${text(missing)}, on benign requests: ${text(onBenign)}\n`,
  )
}
process.exitCode = problems > 0 ? 1 : 0

function alertsOf(jsonLines: string): Alert[] {
  // Both come from the product itself, one alert a line.
  return jsonLines
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Alert)
}

function rulesOn(alerts: readonly Alert[], auditIds: readonly string[]): Set<string> {
  const wanted = new Set(auditIds)
  return new Set(
    alerts
      .filter((alert) => alert.events.some(({ auditID }) => wanted.has(auditID)))
      .map((alert) => alert.rule.name),
  )
}

function text(rules: Iterable<string>): string {
  const list = [...rules]
  return list.length === 0 ? 'none' : list.join(', ')
}
