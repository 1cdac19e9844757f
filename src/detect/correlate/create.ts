import type { FieldNames, FieldPaths } from '../../audit/fields.ts'
import { EventIdentity } from '../../audit/identity.ts'
import type { CorrelationRule, EventRule } from '../../contracts.ts'
import type { CorrelationMatch, Correlator } from './correlator.ts'
import type { Intake, SourceSets } from './intake.ts'
import { KeyWriter } from './key-writer.ts'
import { KnownIds } from './known-ids.ts'
import { type Observation, observationOfEvent } from './observation.ts'
import { type CorrelationPlan, planOf, type Tells } from './plan.ts'
import { createCorrelationRecords } from './records.ts'
import { RuleWindows } from './rule-windows.ts'
import { type CorrelationSettings, defaultLatenessUs } from './settings.ts'
import { ValueWriter } from './value-writer.ts'
import { createFrontiers } from './watermark.ts'
import type { ToldMatch } from './window-match.ts'

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
  const takersOf = new Map<string, Taker[]>()
  for (const [place, { state }] of stages.entries())
    for (const [rule, intake] of state.plan.intakes)
      takersOf.set(rule, [...(takersOf.get(rule) ?? []), { place, intake }])
  const paths: FieldPaths = new Map()
  const identity = new EventIdentity()
  const frontiers = createFrontiers()
  const inputsOf = stages.map(() => new Inputs())

  /** The places of the stages that have been given something. */
  let lowest = stages.length
  let highest = -1
  const give = (takers: readonly Taker[], observation: Observation): void => {
    for (let i = 0; i < takers.length; i++) {
      const { place, intake } = takers[i]!
      inputsOf[place]!.give(intake, observation)
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
    let matches: CorrelationMatch[] | undefined
    if (closesAtUs !== undefined) {
      lowest = 0
      highest = stages.length - 1
    }
    // `highest` grows while correlations over others are given what those have told.
    for (let place = lowest; place <= highest; place++) {
      const told = step(stages[place]!, inputsOf[place]!, cluster, frontierUs, closesAtUs)
      if (told.length === 0) continue
      if (told.length > 1) told.sort(byTime)
      matches ??= []
      for (const { match, observation } of told) {
        matches.push(match)
        const takers = observation && takersOf.get(match.rule.id)
        if (takers !== undefined) give(takers, observation!)
      }
      told.length = 0
    }
    lowest = stages.length
    highest = -1
    return matches ?? nothing
  }

  /** Used again and again, as most steps tell nothing. */
  const toldOfStep: ToldMatch[] = []
  const step = (
    stage: RuleWindows,
    inputs: Inputs,
    cluster: string,
    frontierUs: number,
    closesAtUs: number | undefined,
  ): ToldMatch[] => {
    const { latenessUs } = stage.state.plan
    if (inputs.count > 0) {
      if (stage.needsRoom(frontiers.latestUs - latenessUs))
        stage.makeRoom((name) => (name === cluster ? frontierUs : frontiers.of(name)) - latenessUs)
      inputs.observeIn(stage, frontierUs - latenessUs, toldOfStep)
    }
    if (closesAtUs !== undefined && stage.nextDueUs(cluster) < closesAtUs - latenessUs)
      stage.close(cluster, closesAtUs - latenessUs, toldOfStep)
    return toldOfStep
  }

  /** Only what is not told at once is ever due. */
  const waiting = stages.filter(({ state }) => state.plan.telling !== 'atOnce')
  /** The frontier behind which something is due. */
  const dueFrontierUs = (cluster: string): number => {
    let leastUs = Number.POSITIVE_INFINITY
    for (const stage of waiting)
      leastUs = Math.min(leastUs, stage.nextDueUs(cluster) + stage.state.plan.latenessUs)
    return leastUs
  }
  const watermarkLatenessUs = settings.latenessUs ?? defaultLatenessUs

  const remember = createCorrelationRecords(stages, frontiers, rules, eventRules)

  return {
    accept: (ruleMatches) => {
      const event = ruleMatches[0]?.event
      if (event === undefined) return nothing
      let observation: Observation | undefined
      for (const { rule } of ruleMatches) {
        const takers = takersOf.get(rule.id)
        if (takers === undefined) continue
        observation ??= observationOfEvent(event, paths, fieldNames, identity)
        give(takers, observation)
      }
      return observation === undefined
        ? nothing
        : run(event.cluster, frontiers.of(event.cluster), undefined)
    },
    advance: (cluster, sender, timeUs, receivedAtMs) => {
      const beforeUs = frontiers.of(cluster)
      const frontierUs = frontiers.advance(cluster, sender, timeUs, receivedAtMs)
      return frontierUs > dueFrontierUs(cluster) ? run(cluster, beforeUs, frontierUs) : nothing
    },
    pass: (elapsedMs) => {
      const before = [...frontiers.clusters].map((name) => [name, frontiers.of(name)] as const)
      frontiers.pass(elapsedMs)
      return before.flatMap(([name, beforeUs]) => {
        const frontierUs = frontiers.of(name)
        return frontierUs === beforeUs ? [] : run(name, beforeUs, frontierUs)
      })
    },
    quietUntilUs: (cluster, sender, watermarkDueUs) =>
      Math.min(
        frontiers.steadyUntilUs(cluster, sender),
        dueFrontierUs(cluster),
        watermarkDueUs + watermarkLatenessUs - 1,
      ),
    watermarkUs: (cluster) => frontiers.of(cluster) - watermarkLatenessUs,
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

/** A stage that takes what is observed of a rule. */
interface Taker {
  readonly place: number
  readonly intake: Intake
}

/** What one stage is given at a step. The lists stay: they are filled for nearly every event. */
class Inputs {
  count = 0
  readonly #intakes: Intake[] = []
  readonly #observations: (Observation | undefined)[] = []

  give(intake: Intake, observation: Observation): void {
    this.#intakes[this.count] = intake
    this.#observations[this.count] = observation
    this.count += 1
  }

  observeIn(stage: RuleWindows, watermarkUs: number, told: ToldMatch[]): void {
    for (let i = 0; i < this.count; i++) {
      stage.observe(this.#intakes[i]!, this.#observations[i]!, watermarkUs, told)
      this.#observations[i] = undefined
    }
    this.count = 0
  }
}

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
  const writers = { keys: new KeyWriter(), values: new ValueWriter(), ids: new KnownIds() }
  const sourceSets: SourceSets = new Map()
  const above = (rule: CorrelationRule): CorrelationRule[] =>
    rules
      .filter(({ correlation }) => correlation.rules.includes(rule.id))
      .flatMap((parent) => [parent, ...above(parent)])
  const add = (rule: CorrelationRule): CorrelationPlan => {
    const known = stages.get(rule.id)
    if (known !== undefined) return known.state.plan
    const inputs = rule.correlation.rules.flatMap((id) => byId.get(id) ?? []).map(add)
    const plan = planOf(rule, inputs, above(rule), { tells, settings, sourceSets })
    stages.set(rule.id, new RuleWindows(plan, writers))
    return plan
  }
  for (const rule of rules) add(rule)
  return [...stages.values()]
}
