import { z } from 'zod'
import type { Level } from '../../contracts.ts'
import { levels } from '../../sigma/levels.ts'
import { compileRegex } from '../../sigma/regex.ts'
import { compilePatterns, parsePattern } from '../../sigma/wildcard.ts'
import { type AlertLabel, type AlertLabels, alertLabels } from './labels.ts'

const text = z.string().max(1000)
const texts = z.union([text, z.array(text).min(1).max(1000)])
const regex = z
  .strictObject({ regex: z.string().describe('Of the whole text, in linear time (RE2).') })
  .superRefine(({ regex: source }, context) => {
    const compiled = compileRegex(source, [])
    if (typeof compiled === 'string')
      context.addIssue({ code: 'custom', path: ['regex'], message: compiled })
  })
const plainMatcher = z.union([texts, regex])
const matcher = z.union([texts, regex, z.strictObject({ not: plainMatcher })])

type PlainMatcher = z.output<typeof plainMatcher>
type Matcher = z.output<typeof matcher>

const level = z.enum(levels)

/**
 * Which alerts are meant: all that is named has to hold. A text is compared whole, `*` and `?` are wildcards (behind a
 * backslash they are themselves); of a list one has to match; of a label with several values any.
 */
export const matchSchema = z
  .strictObject({
    minimumLevel: level.optional().describe('This level and those above.'),
    level: z
      .union([level, z.array(level).min(1)])
      .optional()
      .describe('A level, or several.'),
    rule: matcher.optional().describe('Name or id of the rule.'),
    tags: matcher.optional().describe('Any tag of the rule.'),
    cluster: matcher.optional().describe('Name of the cluster.'),
    namespace: matcher.optional().describe('Namespace of any object that the alert is about.'),
    resource: matcher.optional().describe('Resource of any object that the alert is about.'),
    actor: matcher.optional().describe('The authenticated user.'),
    effectiveUser: matcher.optional().describe('The impersonated user, else the actor.'),
    peerIp: matcher.optional().describe('Any address that requests came from.'),
  })
  .refine((match) => Object.values(match).some((value) => value !== undefined), {
    message: `names nothing; allowed here: minimumLevel, ${alertLabels.join(', ')}`,
  })
  .meta({ explainedIn: 'docs/routing.md' })

export type Match = z.output<typeof matchSchema>

/** The test of an alert. */
export function compileMatch(match: Match): (labels: AlertLabels) => boolean {
  const { minimumLevel, ...byLabel } = match
  const tests: ((labels: AlertLabels) => boolean)[] = Object.entries(byLabel).flatMap(
    ([label, value]) => {
      if (value === undefined) return []
      const test = compileMatcher(value)
      // The schema has no other keys.
      return [(labels: AlertLabels) => test(labels[label as AlertLabel])]
    },
  )
  if (minimumLevel !== undefined) tests.push((labels) => reaches(labels, minimumLevel))
  return (labels) => tests.every((test) => test(labels))
}

export function reaches({ level: [own] }: AlertLabels, minimumLevel: Level): boolean {
  return levels.slice(levels.indexOf(minimumLevel)).some((each) => each === own)
}

function compileMatcher(value: Matcher): (values: readonly string[]) => boolean {
  if (typeof value === 'object' && 'not' in value) {
    const test = compilePlain(value.not)
    return (values) => !values.some(test)
  }
  const test = compilePlain(value)
  return (values) => values.some(test)
}

function compilePlain(value: PlainMatcher): (text: string) => boolean {
  if (typeof value === 'object' && 'regex' in value) {
    const search = compileRegex(`^(?:${value.regex})$`, ['s'])
    // What the schema has compiled alone compiles in brackets.
    if (typeof search === 'string') throw new Error(search)
    return search
  }
  return compilePatterns([value].flat().map(parsePattern))
}
