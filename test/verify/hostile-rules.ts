import { performance } from 'node:perf_hooks'
import process from 'node:process'
import { createRuleSet } from '../../src/detect/match.ts'
import { parseRules } from '../../src/sigma/parse.ts'

/**
 * What hostile rules cost the thread that loads and runs them. Prints a row each: how long parsing and compiling took,
 * how long one event of 100,000 characters took, and what came of it.
 *
 *     node test/verify/hostile-rules.ts
 */
const event = { a: 'a'.repeat(100_000), verb: 'get' }

function ruleOf(detection: string): string {
  return `title: A\nlogsource: { product: kubernetes }\ndetection:\n${detection}\n`
}

function selection(text: string): string {
  return ruleOf(`  sel: ${text}\n  condition: sel`)
}

const hostile: Readonly<Record<string, string>> = {
  'nested repetition': selection("{ a|re: '^(a+)+$' }"),
  'nested repetition that fails': selection("{ a|re: '^(a+)+b$' }"),
  'counted repetition': selection("{ a|re: '(a{1,500}){1,500}b' }"),
  'list of 10 MB': selection(
    `{ a: [${Array.from({ length: 1_000_000 }, (_, i) => `value${i}`).join(', ')}] }`,
  ),
  'list below the limit': selection(
    `{ a: [${Array.from({ length: 40_000 }, (_, i) => `value${i}`).join(', ')}] }`,
  ),
  '1,000 parentheses': ruleOf(
    `  sel: { a: x }\n  condition: '${'('.repeat(1000)}sel${')'.repeat(1000)}'`,
  ),
  'wildcard of 100,000 characters': selection(`{ a: '${'a*'.repeat(50_000)}b' }`),
  'wildcard of question marks': selection(`{ a: '*${'?a'.repeat(50_000)}b' }`),
  'aliases that multiply': selection(
    `{ a: &a [x, x], b: &b [*a, *a], c: &c [*b, *b], d: [*c, *c] }`,
  ),
  'deep flow lists': selection('['.repeat(20_000)),
  'deep block maps': ruleOf(
    Array.from({ length: 600 }, (_, i) => `${' '.repeat(i + 2)}k:`).join('\n'),
  ),
  'key of 400,000 characters': selection(`{ ${'k.'.repeat(200_000)}: x }`),
  '10,000 selections': ruleOf(
    `${Array.from({ length: 10_000 }, (_, i) => `  s${i}: { a: x${i} }`).join('\n')}\n  condition: 1 of s*`,
  ),
}

function measured<T>(run: () => T): { readonly ms: number; readonly value: T } {
  const start = performance.now()
  const value = run()
  return { ms: performance.now() - start, value }
}

for (const [name, text] of Object.entries(hostile)) {
  const load = measured(() => parseRules([{ path: 'hostile.yml', text }]))
  const { rules, problems } = load.value
  const built = measured(() =>
    createRuleSet(rules, {
      fieldNames: 'wire',
      onRuleFailure: (rule, error) => process.stderr.write(`${rule.title}: ${String(error)}\n`),
    }),
  )
  const raw = { ...event }
  const audit = {
    id: '',
    requestId: '',
    cluster: '',
    timeUs: 0,
    receivedAtMs: 0,
    actor: '',
    effectiveUser: '',
    peerIp: '',
    claimedIps: [],
    stage: '',
    raw,
  }
  const run = measured(() => built.value.matchEvent(audit))
  const error = problems.find(({ severity }) => severity === 'error')
  const outcome =
    error === undefined ? 'loads' : `refused: ${error.code} ${error.line}:${error.column}`
  process.stdout.write(
    `${name.padEnd(32)} load ${(load.ms + built.ms).toFixed(1).padStart(8)} ms  event ${run.ms.toFixed(1).padStart(8)} ms  ${outcome}\n`,
  )
}
