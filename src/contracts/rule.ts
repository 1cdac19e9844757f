export type Level = 'informational' | 'low' | 'medium' | 'high' | 'critical'
export type Status = 'experimental' | 'test' | 'stable' | 'deprecated' | 'unsupported'

/** 1-based line and column. */
export interface SourceLocation {
  readonly path: string
  readonly line: number
  readonly column: number
}

/** A problem in a rule or other file. `error` = the file is refused; `warning` = it loads, but look at it. */
export interface Problem extends SourceLocation {
  readonly severity: 'error' | 'warning'
  readonly code: string
  readonly message: string
}

export interface Logsource {
  readonly category?: string
  readonly product?: string
  readonly service?: string
}

export interface RuleMetadata {
  readonly id: string
  readonly name?: string
  readonly title: string
  readonly description?: string
  readonly level: Level
  readonly status: Status
  readonly tags: readonly string[]
  readonly logsource: Logsource
  readonly fields: readonly string[]
  readonly falsePositives: readonly string[]
  readonly references: readonly string[]
  /** Custom attributes of the document under our prefix `kubewitness`, unparsed. */
  readonly custom: Readonly<Record<string, unknown>>
  /** Keys that a rule can do without and should not, as far as this one lacks them; for lint. */
  readonly missing: readonly string[]
  /** Where `status`, `tags`, the keys of a correlation, and those under our prefix (`kubewitness.quiet`) stand, as far as they do. */
  readonly keyLocations: Readonly<Record<string, SourceLocation>>
  readonly location: SourceLocation
}

export interface EventRule extends RuleMetadata {
  readonly kind: 'event'
  readonly condition: Expr
}
/** A rule over matches of other rules (Sigma specification 2.1, correlation rules). References are resolved, fields mapped. */
export interface CorrelationRule extends RuleMetadata {
  readonly kind: 'correlation'
  /** Its keys are among `keyLocations`. */
  readonly correlation: Correlation
}

export type Rule = EventRule | CorrelationRule

export type CorrelationType =
  | 'event_count'
  | 'value_count'
  | 'temporal'
  | 'temporal_ordered'
  | 'value_sum'
  | 'value_avg'
  | 'value_percentile'
  | 'value_median'

export interface Correlation {
  readonly type: CorrelationType
  /** Ids of the rules it refers to, event rules or correlations, in the order of the file, each once. Never itself, nor a circle. */
  readonly rules: readonly string[]
  /** The rules it refers to alert by themselves too. */
  readonly generate: boolean
  /** Empty = one group for each cluster. */
  readonly groupBy: readonly CorrelationField[]
  /** Above 0. */
  readonly timespanUs: number
  readonly condition: CorrelationCondition
}

/** A field of the matches that a correlation is about: what the rule calls it, and where it stands in matches of each referenced rule, by id. */
export interface CorrelationField {
  readonly name: string
  readonly sourceByRule: Readonly<Record<string, CorrelationFieldSource>>
}

/** Paths of the event (more than one are read together), or a value of the group that a referenced correlation matched in. */
export type CorrelationFieldSource =
  | { readonly kind: 'event'; readonly paths: readonly string[] }
  | { readonly kind: 'group'; readonly name: string }

export type CorrelationCondition =
  | {
      readonly kind: 'threshold'
      /** All of them hold: a range has two. Of temporal types the number of referenced rules that matched is tested. */
      readonly tests: readonly ThresholdTest[]
      /** What is counted or summed: one field, or those of a tuple; none for `event_count` and the temporal types. */
      readonly fields: readonly CorrelationField[]
      /** 0 to 100; of `value_percentile`, and 50 of `value_median`. */
      readonly percentile?: number
    }
  | { readonly kind: 'rules'; readonly expression: RuleExpr }

export interface ThresholdTest {
  readonly operator: 'gt' | 'gte' | 'lt' | 'lte' | 'eq' | 'neq'
  readonly value: number
}

/** Operators over leaves. Frozen, kind-tagged. */
export type BooleanExpr<Leaf> =
  | { readonly kind: 'and' | 'or'; readonly items: readonly BooleanExpr<Leaf>[] }
  | { readonly kind: 'not'; readonly item: BooleanExpr<Leaf> }
  | Leaf

/** Which of the referenced rules matched, by id. Never true where none did. */
export type RuleExpr = BooleanExpr<{ readonly kind: 'rule'; readonly rule: string }>

/** Every leaf knows its selection and place. Compiled once at load. */
export type Expr = BooleanExpr<FieldExpr | KeywordExpr | FieldPairExpr | ElementsExpr>

export interface FieldExpr {
  readonly kind: 'field'
  readonly path: string
  /** When the path is a name that a mapping gives to several paths: those. Their values together are the field's. */
  readonly paths?: readonly string[]
  readonly test: ValueTest
  readonly selection: string
  readonly location: SourceLocation
}
export interface KeywordExpr {
  readonly kind: 'keyword'
  readonly test: ValueTest
  readonly selection: string
  readonly location: SourceLocation
}

/** The elements of an array: some, all or none of them, or the one at a place, is as `item` says, whose paths begin at the element. */
export interface ElementsExpr {
  readonly kind: 'elements'
  readonly path: string
  readonly quantifier: ElementQuantifier
  readonly item: Expr
  readonly selection: string
  readonly location: SourceLocation
}

/** A number is a place from 0, or from the end when negative. `all` wants one element at least. */
export type ElementQuantifier = 'any' | 'all' | 'allOrEmpty' | 'none' | number

/** Two fields of the event beside each other (`fieldref`). */
export interface FieldPairExpr {
  readonly kind: 'fieldPair'
  readonly path: string
  readonly otherPath: string
  readonly test: PairTest
  readonly selection: string
  readonly location: SourceLocation
}

/** False when one of the fields is absent. */
export interface PairTest {
  /** As in the rule, for people. */
  readonly description: string
  /** Both `values` as of FieldReader. */
  matches(values: readonly unknown[] | undefined, others: readonly unknown[] | undefined): boolean
}

/** The test of one field: the values of a list are one test (any of them; all of them with `all`). Tagged by `kind`; the table is in `sigma/values.ts`. */
export interface ValueTest {
  readonly kind: string
  /** As in the rule, for people: `equals exec`. */
  readonly description: string
  /** `values` as of FieldReader. */
  matches(values: readonly unknown[] | undefined): boolean
  /** When the test can only be true if the value equals one of these texts, ignoring case: the texts. Feeds the index. */
  readonly onlyEquals?: readonly string[]
  /** True when the test is false on an absent field. */
  readonly needsPresence: boolean
  /** When the test can only be true if one of these holds, or the field is absent or null where presence is not needed: those. Feeds the index. */
  readonly onlyIf?: readonly Comparison[]
  /** Each of these alone makes the test true. */
  readonly trueIf?: readonly Comparison[]
  /** For the tools of rule authors: of a test with several values, the test once for each of them, with that one left out. */
  readonly withoutEach?: () => Iterable<ShorterTest>
}

/** A test that has lost one of its values. */
export interface ShorterTest {
  /** The value that is missing, for people. */
  readonly without: string
  readonly test: ValueTest
}

/**
 * That some value of a field passes a comparison, case ignored; `exists` = that the field is there, and has no value.
 * Values are folded; `wildcard` has them as in a rule, `cidr` has a network.
 */
export interface Comparison {
  readonly kind: 'equals' | 'startswith' | 'endswith' | 'contains' | 'wildcard' | 'cidr' | 'exists'
  readonly value: string
}
