import type { FieldNames, FieldPaths } from '../../audit/fields.ts'
import type { CorrelationRule, EventRule } from '../../contracts.ts'
import type { CorrelationMatch, Correlator } from './correlator.ts'
import { KeyWriter } from './group-keys.ts'
import { type Observation, observationOfEvent, observationOfMatch } from './observation.ts'
import { type CorrelationPlan, planOf, type Tells } from './plan.ts'
import { createCorrelationRecords } from './records.ts'
import { RuleWindows } from './rule-windows.ts'
import { type CorrelationSettings, defaultLatenessUs } from './settings.ts'
import { createFrontiers } from './watermark.ts'
import type { ToldMatch } from './window-match.ts'
import { IdWords, ValueWriter } from './words.ts'

export interface CorrelatorOptions {
  /** What the names of fields mean. Default: `event`. */
  readonly fieldNames?: FieldNames
  /**
   * `settled`: nothing before the watermark has passed what decides it, so that exactly the matches are told. `atOnce`:
   * what is true already is not held back; where a later stage of a request comes before an earlier one, a match may be
   * told of the wrong one of them. Default: `atOnce`.
   */
  readonly tells?: Tells
  /** Those that correlations refer to: their conditions are part of what a correlation means. */
  readonly eventRules?: readonly EventRule[]
  /** For rules whose custom attributes say nothing else. */
  readonly settings?: Partial<CorrelationSettings>
}

/** One of the rules that a correlation refers to, and what it matched. */
interface Input {
  readonly rule: string
  readonly observation: Observation
}

/** The rules have been checked: they refer to no circle, and `planProblems` has nothing to say of any. */
export function createCorrelator(
  rules: readonly CorrelationRule[],
  {
    fieldNames = 'event',
    tells = 'atOnce',
    settings = {},
    eventRules = [],
  }: CorrelatorOptions = {},
): Correlator {
  const stages = stagesOf(rules, tells, settings)
  const stagesByInput = Map.groupBy(
    stages.flatMap((stage, place) =>
      [...stage.state.plan.bits.keys()].map((input) => ({ input, place })),
    ),
    ({ input }) => input,
  )
  const paths: FieldPaths = new Map()
  const ids = new IdWords()
  const frontiers = createFrontiers()
  const inputsOf: Input[][] = stages.map(() => [])

  /** The places of the stages that have been given something. */
  let lowest = stages.length
  let highest = -1
  const give = (rule: string, observation: Observation): void => {
    for (const { place } of stagesByInput.get(rule) ?? []) {
      inputsOf[place]!.push({ rule, observation })
      if (place < lowest) lowest = place
      if (place > highest) highest = place
    }
  }

  /** Every stage sees what it was given and what the stages before it have told, and then, if there is a new one, the watermark. */
  const run = (
    cluster: string,
    frontierUs: number,
    closesAtUs: number | undefined,
  ): readonly CorrelationMatch[] => {
    const matches: CorrelationMatch[] = []
    if (closesAtUs !== undefined) {
      lowest = 0
      highest = stages.length - 1
    }
    // `highest` grows while correlations over others are given what those have told.
    for (let place = lowest; place <= highest; place++) {
      const stage = stages[place]!
      const inputs = inputsOf[place]!
      const isDue =
        closesAtUs !== undefined &&
        stage.nextDueUs(cluster) < closesAtUs - stage.state.plan.latenessUs
      if (inputs.length === 0 && !isDue) continue
      if (inputs.length > 0 && stage.needsRoom(frontiers.latestUs - stage.state.plan.latenessUs))
        stage.makeRoom((name) => {
          return (name === cluster ? frontierUs : frontiers.of(name)) - stage.state.plan.latenessUs
        })
      const told: ToldMatch[] = []
      const watermarkUs = frontierUs - stage.state.plan.latenessUs
      for (const { rule, observation } of inputs)
        stage.observe(rule, observation, watermarkUs, told)
      inputs.length = 0
      if (closesAtUs !== undefined)
        stage.close(cluster, closesAtUs - stage.state.plan.latenessUs, told)
      if (told.length > 1) told.sort(byTime)
      for (const { match, requestId, reader } of told) {
        matches.push(match)
        if (stagesByInput.has(match.rule.id))
          give(match.rule.id, observationOfMatch(match, requestId, reader))
      }
    }
    lowest = stages.length
    highest = -1
    return matches
  }

  /** Only what is not told at once is ever due. */
  const waiting = stages.filter(({ state }) => state.plan.telling !== 'atOnce')
  const isDue = (cluster: string, frontierUs: number): boolean => {
    for (const stage of waiting)
      if (stage.nextDueUs(cluster) < frontierUs - stage.state.plan.latenessUs) return true
    return false
  }

  const remember = createCorrelationRecords(stages, frontiers, rules, eventRules)

  return {
    accept: (ruleMatches) => {
      const event = ruleMatches[0]?.event
      if (event === undefined) return []
      let observation: Observation | undefined
      for (const { rule } of ruleMatches) {
        if (!stagesByInput.has(rule.id)) continue
        observation ??= observationOfEvent(event, paths, fieldNames, ids)
        give(rule.id, observation)
      }
      return observation === undefined
        ? []
        : run(event.cluster, frontiers.of(event.cluster), undefined)
    },
    advance: (cluster, sender, timeUs, receivedAtMs) => {
      const beforeUs = frontiers.of(cluster)
      const frontierUs = frontiers.advance(cluster, sender, timeUs, receivedAtMs)
      return isDue(cluster, frontierUs) ? run(cluster, beforeUs, frontierUs) : nothing
    },
    pass: (elapsedMs) => {
      const before = [...frontiers.clusters].map((name) => [name, frontiers.of(name)] as const)
      frontiers.pass(elapsedMs)
      return before.flatMap(([name, beforeUs]) => {
        const frontierUs = frontiers.of(name)
        return frontierUs === beforeUs ? [] : run(name, beforeUs, frontierUs)
      })
    },
    watermarkUs: (cluster) => frontiers.of(cluster) - (settings.latenessUs ?? defaultLatenessUs),
    get clusters() {
      return frontiers.clusters
    },
    close: () => {
      const matches: CorrelationMatch[] = []
      for (const cluster of frontiers.clusters) {
        const beforeUs = frontiers.of(cluster)
        frontiers.close(cluster)
        matches.push(...run(cluster, beforeUs, Number.POSITIVE_INFINITY))
      }
      return matches
    },
    ...remember,
    takeCounts: () => stages.map((stage) => stage.takeCounts()),
  }
}

const nothing: readonly CorrelationMatch[] = []

function byTime({ match: a }: ToldMatch, { match: b }: ToldMatch): number {
  if (a.event.timeUs !== b.event.timeUs) return a.event.timeUs - b.event.timeUs
  if (a.event.id !== b.event.id) return a.event.id < b.event.id ? -1 : 1
  return 0
}

/** The windows of each rule, those that others refer to first. */
function stagesOf(
  rules: readonly CorrelationRule[],
  tells: Tells,
  settings: Partial<CorrelationSettings>,
): readonly RuleWindows[] {
  const byId = new Map(rules.map((rule) => [rule.id, rule]))
  const stages = new Map<string, RuleWindows>()
  const writers = { keys: new KeyWriter(), values: new ValueWriter() }
  const above = (rule: CorrelationRule): CorrelationRule[] =>
    rules
      .filter(({ correlation }) => correlation.rules.includes(rule.id))
      .flatMap((parent) => [parent, ...above(parent)])
  const add = (rule: CorrelationRule): CorrelationPlan => {
    const known = stages.get(rule.id)
    if (known !== undefined) return known.state.plan
    const inputs = rule.correlation.rules.flatMap((id) => byId.get(id) ?? []).map(add)
    const plan = planOf(rule, inputs, above(rule), { tells, settings })
    stages.set(rule.id, new RuleWindows(plan, writers))
    return plan
  }
  for (const rule of rules) add(rule)
  return [...stages.values()]
}
