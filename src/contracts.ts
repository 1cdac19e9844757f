/**
 * The interfaces between the folders: types only, and it imports nothing.
 *
 * Data flows one way: source → intake → Log "events" → detect → Log "alerts" → deliver → sink.
 */

/** A place in a log: the unit of progress and of replay. Offsets grow within a topic and are never reused. */
export interface Position {
  readonly topic: string
  readonly partition: number
  readonly offset: number
}

/** A part of the process with a lifetime of its own. */
export interface Component {
  readonly name: string
  /** Resolves when ready. Rejects with a KubewitnessError on anything that an operator has to fix. */
  start(): Promise<void>
  /** Refuses new work, finishes or abandons what it holds before the deadline aborts. Idempotent; safe before start. */
  stop(deadline: AbortSignal): Promise<void>
}

/**
 * Resolving takes over responsibility for the whole batch: it is durable. Rejecting takes none of it.
 * A rejection with a KubewitnessError whose `retryable` is true means: full or busy, come back in `retryAfterMs`.
 */
export interface Consumer<T> {
  consume(batch: T, signal: AbortSignal): Promise<void>
}

/**
 * One request body as it arrived (decompressed), and the cluster its path named. The bytes are the consumer's until it
 * has settled; then their memory is used again.
 */
export interface ReceivedBody {
  readonly cluster: string
  /** Which API server of the cluster, as far as its connection tells: see `EventBatch.sender`. */
  readonly sender: string
  readonly bytes: Uint8Array
  readonly receivedAtMs: number
}

/** Time, passed in so that tests can hold it. */
export interface Clock {
  nowMs(): number
  /** Resolves after `ms` milliseconds; rejects with the signal's reason when it aborts. */
  sleep(ms: number, signal: AbortSignal): Promise<void>
}

/** Our own diagnostics (never event content). Message is constant English, data goes into fields. */
export interface Logger {
  error(message: string, fields?: Readonly<Record<string, unknown>>): void
  warn(message: string, fields?: Readonly<Record<string, unknown>>): void
  info(message: string, fields?: Readonly<Record<string, unknown>>): void
  debug(message: string, fields?: Readonly<Record<string, unknown>>): void
}

export type Labels = Readonly<Record<string, string>>

/** Counters and gauges by the names of `util/metrics.ts`, so that no other folder knows the metrics library. */
export interface Metrics {
  add(name: MetricName, value: number, labels?: Labels): void
  set(name: MetricName, value: number, labels?: Labels): void
  observe(name: MetricName, value: number, labels?: Labels): void
}
export type MetricName = `kubewitness_${string}`

// ---------------------------------------------------------------------------------------------- events

/** An `audit.k8s.io/v1` event, normalised. Nobody mutates it. */
export interface AuditEvent {
  /** Hash of content: the same delivery twice has the same id. Never `auditID` alone, clients choose that. Computed on first use. */
  readonly id: string
  /** Hash of what all stages of one request share (kubernetes-audit facts: auditID, user, verb, URI, peer, received time). */
  readonly requestId: string
  readonly cluster: string
  /** Stage time in epoch microseconds; 0 when the event carries none. */
  readonly timeUs: number
  readonly receivedAtMs: number
  /** The authenticated user; empty when authentication failed. */
  readonly actor: string
  /** The impersonated user if there is one, else the actor. */
  readonly effectiveUser: string
  /** Last of `sourceIPs`, the only one that the client cannot choose; empty when absent. */
  readonly peerIp: string
  /** The rest of `sourceIPs`, as claimed by headers. */
  readonly claimedIps: readonly string[]
  readonly stage: string
  readonly raw: Readonly<Record<string, unknown>>
  /** What earlier events say of its credential; absent when they say nothing, or were not asked. */
  readonly credential?: CredentialStory | undefined
}

/**
 * Where a credential was used, seen from what is known of its holder (a pod, a node, or who else has the credential).
 * `first`: nothing was known; told once. `new`: an address that it was not used from before, while the others are idle.
 * `elsewhere`: another address is in use at the same time, and was there before. `otherNode`: an address of a node that is not
 * its own. `otherPod`: an address at which another pod is at work.
 */
export type CredentialPlace = 'first' | 'new' | 'elsewhere' | 'otherNode' | 'otherPod'

/** Why a credential is no longer good: what it belonged to was deleted. */
export type CredentialEnd = 'pod' | 'account' | 'secret'

/** What is out of the ordinary in the use of a credential. What is ordinary is absent. */
export interface CredentialStory {
  readonly place?: readonly CredentialPlace[]
  /** The other addresses at which the holder is at work. */
  readonly otherAddresses?: readonly string[]
  /** Networks in which the holder is at work at the same time; 2 at least. */
  readonly networks?: number
  /** The clients with which the holder was at work before, when this one is new. */
  readonly otherClients?: readonly string[]
  /** Who requested the token, if that was neither its own account nor a component that provides tokens to pods. */
  readonly issuedBy?: string
  /** The token is used from another network than the one that it was requested from. */
  readonly isAwayFromIssuer?: true
  /** The credential is gone; of a request that failed to authenticate: one that was in use at this address is. */
  readonly goneBecause?: CredentialEnd
  /** Time from the deletion to the request. */
  readonly secondsAfterDeletion?: number
  /** Service accounts that are used at this address with the same client and do not belong there; 2 at least. */
  readonly accountsAtAddress?: number
}

/**
 * The only view of an event that the rule language has.
 * `undefined` = absent; `[null]` = present and null; `['']` = empty; arrays on the way are flattened, so that a
 * path through an array gives every element's value; `[]` = present, but an empty array.
 * The literal key wins over the path, and keys may contain dots and slashes.
 */
export interface FieldReader {
  read(path: string): readonly unknown[] | undefined
}

/**
 * The columns that a scan fills for every item without decoding it; a rule set is indexed by them.
 * A column holds `foldedHash` of the value's text, ABSENT (0) or UNKNOWN (1: not told from the bytes, decode to know).
 */
export type IndexedField =
  | 'verb'
  | 'stage'
  | 'objectRef.apiGroup'
  | 'objectRef.resource'
  | 'objectRef.subresource'
  | 'user.username'
  | 'impersonatedUser.username'
  | 'responseStatus.code'

/** Fields whose texts a scan finds without decoding; a rule set is indexed by what stands in them. */
export type SearchedField =
  | 'requestURI'
  | 'userAgent'
  | 'objectRef.name'
  | 'objectRef.namespace'
  | 'user.username'

/** What a scan knows of the items of one batch: where each lies in the bytes, and the indexed columns. Struct of arrays. */
export interface ItemIndex {
  readonly count: number
  readonly starts: Uint32Array
  readonly ends: Uint32Array
  readonly columns: Readonly<Record<IndexedField, Uint32Array>>
  /**
   * Where the text of a field stands between its quotes: its place in the item in the upper 16 bits, its length in the
   * lower ones; ABSENT, or UNKNOWN: not told from the bytes, too far on, or no text.
   */
  readonly texts: Readonly<Record<SearchedField, Uint32Array>>
  /** Bloom filter over the annotation keys of an item: bit `foldedHash(key) & 31`; all ones when unknown. */
  readonly annotationKeys: Uint32Array
  /** A bit for each of `knownPredicates` that the bytes prove. In neither of the two = decode to know. */
  readonly certainlyTrue: Uint32Array
  /** The same for those that they disprove. */
  readonly certainlyFalse: Uint32Array
  /** Stage time in epoch microseconds; 0: not told from the bytes, decode to know. */
  readonly timesUs: Float64Array
  /** Hash of the user and the peer IP, byte for byte: who sent the request, and from where. ABSENT is no value of it; UNKNOWN is. */
  readonly clients: Uint32Array
  /** Hash of the user agent, byte for byte; ABSENT, or UNKNOWN. */
  readonly agents: Uint32Array
}

/** One stored batch of events of one cluster, decoded from a record of the topic `events`. */
export interface EventBatch {
  readonly cluster: string
  /**
   * Who sent it, as its connection tells: the peer's address, with the name in its client certificate before it if it
   * has one. Each has a clock of its own. Empty when nothing is known, as in files.
   */
  readonly sender: string
  readonly receivedAtMs: number
  readonly bytes: Uint8Array
  readonly index: ItemIndex
}

/** What could not be decoded and was kept aside (topic `rejected`, one JSON object a record). */
export interface RejectedItem {
  readonly schema: 'kubewitness.rejected/v1'
  /** Hash of cluster, reason and content. */
  readonly id: string
  readonly cluster: string
  readonly receivedAt: string
  /** Machine-readable reason, from the table in `audit/reject.ts`. */
  readonly reason: string
  readonly message: string
  /** Byte offset in the body or file, and length there. */
  readonly offset: number
  readonly bytes: number
  readonly sha256: string
  /** Redacted and cut text of it, for a person to look at. */
  readonly excerpt: string
}

// ---------------------------------------------------------------------------------------------- rules

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

// ---------------------------------------------------------------------------------------------- alerts

export interface AlertTarget {
  readonly apiGroup?: string
  readonly resource?: string
  readonly subresource?: string
  readonly namespace?: string
  readonly name?: string
}

export interface AlertReason {
  readonly selection: string
  readonly field: string
  readonly value: string
}

/** What people see; the JSON of every sink (interface contract, `kubewitness.alert/v1`). Same inputs give the same id. */
export interface Alert {
  readonly schema: 'kubewitness.alert/v1'
  readonly id: string
  /** 1 when opened, then counting up; the highest revision of an id is the alert. */
  readonly revision: number
  readonly status: 'open' | 'updated' | 'closed'
  readonly rule: {
    readonly id: string
    readonly name: string
    readonly title: string
    readonly level: Level
    readonly tags: readonly string[]
  }
  readonly cluster: string
  readonly actor: string
  readonly effectiveUser: string
  readonly peerIp: string
  readonly userAgent: string
  readonly target: AlertTarget
  /** RFC 3339 with six decimals, UTC. */
  readonly firstSeen: string
  readonly lastSeen: string
  readonly count: number
  readonly events: readonly {
    readonly id: string
    readonly auditID: string
    readonly stage: string
  }[]
  readonly group: Readonly<Record<string, string>>
  readonly summary: string
  readonly why: readonly AlertReason[]
  /** Time of the event that opened it: the one time that no revision changes. */
  readonly openedAt?: string
  /** The different objects that it is about, up to 20; absent when `target` is the only one. */
  readonly targets?: readonly AlertTarget[]
  /** The different peer addresses, up to 20; absent when `peerIp` is the only one. */
  readonly peerIps?: readonly string[]
  /** Requests that `count` has and `events` has not, because the list was full. */
  readonly requestsOmitted?: number
  /** Events of a window were given up: there may have been more than `count`. */
  readonly isCut?: true
  /** The level of the revision before, if this one has another. */
  readonly previousLevel?: Level
  /** Why it is closed. */
  readonly closedBecause?: ClosingReason
  /** Only as sinks see it: the sink was not told of it before, because it was silenced or inhibited. */
  readonly resumed?: true
  /** What one actor did, by several rules: an alert about alerts. */
  readonly kind?: 'story'
  /** Of a story: the alerts that it is made of, in order of time, up to a bound. */
  readonly story?: readonly StoryStep[]
}

/**
 * `quiet`: no more matches came. `duration`: it was open as long as any may be, and the next match opens another.
 * `evicted`: more were open than are kept. `end`: the input has ended (offline).
 * `over`: what the service itself watched is over: what was silent speaks again.
 */
export type ClosingReason = 'quiet' | 'duration' | 'evicted' | 'end' | 'over'

export interface StoryStep {
  /** Its id. */
  readonly alert: string
  readonly rule: { readonly id: string; readonly name: string; readonly level: Level }
  /** Name of the ATT&CK tactic. */
  readonly tactic: string
  readonly techniques: readonly string[]
  readonly firstSeen: string
  readonly summary: string
}

// ---------------------------------------------------------------------------------------------- delivery

/** One per item, in the order given. Only the sink knows which failures are worth repeating. */
export type Outcome =
  | { readonly status: 'delivered' }
  | { readonly status: 'retry'; readonly error: Error; readonly afterMs?: number }
  | { readonly status: 'rejected'; readonly error: Error }

export interface SinkLimits {
  readonly maxItems: number
  readonly maxBytes: number
  /** How long the oldest item may wait for company. */
  readonly lingerMs: number
}

/** Writes batches somewhere; what is written together is one notification where a sink makes notifications. `write` never throws for what the world does: it returns one Outcome per item. Only `deliver` repeats. */
export interface Sink<T> extends Component {
  readonly limits: SinkLimits
  /**
   * What it remembers from write to write, such as where it has posted what. Saved in the step that moves the cursor, given
   * back before the first write, and again, with nothing, after a replay.
   */
  readonly memory?: Remembering
  write(batch: readonly T[], signal: AbortSignal): Promise<readonly Outcome[]>
}

// ---------------------------------------------------------------------------------------------- state

/** One record of what a part of the engine remembers. The key begins with the name of the part: `correlation/…`, and is well-formed Unicode. */
export interface StateRecord {
  readonly key: string
  readonly value: Uint8Array
}

/** A record that is to be saved over the one of the same key, or (`undefined`) to go. */
export interface StateChange {
  readonly key: string
  readonly value: Uint8Array | undefined
}

/** A part of the engine that remembers: windows, baselines, credentials, episodes. A pure function of what it was given, in order. */
export interface Remembering {
  /** What changed since the last call. Saved over the records before, they give this state again. */
  takeChanges(): readonly StateChange[]
  /** Once, before anything else: the records with this part's prefix, in any order. Those it cannot use any more are dropped and appear as changes. */
  restore(records: Iterable<StateRecord>): void
}

// ---------------------------------------------------------------------------------------------- log

export interface LogRecord {
  /** In a topic with `uniqueKeys`, a record whose key is already there is not stored again; appending it is no error. */
  readonly key: string
  readonly value: Uint8Array
  /** In a topic of several partitions the one that it goes to; by its key if absent. A key always goes to the same. */
  readonly partition?: number
}

export interface StoredRecord extends LogRecord {
  readonly position: Position
  readonly appendedAtMs: number
}

/** Records for one topic, as part of an atomic step. */
export interface Produce {
  readonly topic: string
  readonly records: readonly LogRecord[]
}

export interface Delivery {
  /** Empty when nothing came for as long as `ReadLimits.idleAfterMs` says. */
  readonly records: readonly StoredRecord[]
  /** The one partition that they are of. Each has a cursor and a state of its own; what follows is of this partition. */
  readonly partition: number
  /**
   * Another number than before: the group was set back by `replay`, and what it had saved is gone; or the partition was
   * another reader's meanwhile. Either way what was made of the deliveries before is to be given up for what is saved.
   */
  readonly epoch: number
  /**
   * Moves the group's cursor behind these records, appends `produced` and saves `changes` over the group's state, in
   * one atomic, durable step. It covers the deliveries before, which need no commit of their own; may be repeated, with
   * further changes. After a replay came between, neither the cursor nor the state of the group is touched any more;
   * after another process has taken the partition over, nothing is.
   * Changes with a delivery before one that is committed already are refused with `log.failed`.
   */
  commit(produced?: readonly Produce[], changes?: readonly StateChange[]): Promise<void>
}

/** How much one delivery holds; one record whatever its size. */
export interface ReadLimits {
  readonly maxRecords: number
  readonly maxBytes: number
  /** Gives an empty delivery each time that nothing came for so long: for what a reader does by the clock. Absent: never. */
  readonly idleAfterMs?: number
}

/** Where a group without a cursor begins (a time = the first record appended at or after it); `committed` = earliest if none. */
export type StartAt = 'committed' | 'earliest' | 'latest' | { readonly fromMs: number }

export interface BrowseQuery {
  readonly order: 'oldest' | 'newest'
  /** Exclusive bound: only records behind it in the given order. */
  readonly after?: number
  readonly limit: number
  readonly fromMs?: number
  readonly toMs?: number
}

export interface TopicStatus {
  readonly topic: string
  readonly records: number
  readonly bytes: number
  readonly firstOffset: number
  readonly nextOffset: number
  readonly oldestAppendedAtMs: number
  /** Cursor by group: the offset that comes next. */
  readonly cursors: Readonly<Record<string, number>>
}

export interface TopicOptions {
  readonly uniqueKeys: boolean
  readonly maxAgeMs: number
  readonly maxBytes: number
  /** Retention never takes what these groups have not read: instead `append` refuses with `log.full`. */
  readonly protectedGroups: readonly string[]
  /** Whose unread records count as lost when retention takes them: a group that is no longer in use loses nothing. Absent: every group's. */
  readonly readers?: readonly string[]
}

/** Durable transport: memory, SQLite, Kafka; one contract suite. */
export interface Log extends Component {
  /** How many partitions a topic has: parts that are read apart, by one process or by several. */
  partitions(topic: string): number
  /** Resolves once durable; all or nothing. Rejects with `log.full` (retryable) when there is no room. */
  append(produced: readonly Produce[], signal: AbortSignal): Promise<void>
  /** Waits for records at the end. Ends when the signal aborts. An uncommitted delivery comes again to whoever reads next in the group. */
  read(
    topic: string,
    group: string,
    startAt: StartAt,
    limits: ReadLimits,
    signal: AbortSignal,
  ): AsyncIterable<Delivery>
  /**
   * The state that a group's commits have saved (of partition 0 if none is given): the records whose keys begin with
   * `prefix`, by key. Iterated once, and
   * before the group commits again.
   */
  readState(
    topic: string,
    group: string,
    prefix: string,
    partition?: number,
  ): Promise<Iterable<StateRecord>>
  /** A look at what is stored, without a cursor. */
  browse(topic: string, query: BrowseQuery): Promise<readonly StoredRecord[]>
  /** Of a topic with `uniqueKeys`: the records that have these keys, oldest first. Those that are not there are left out. */
  find(topic: string, keys: readonly string[]): Promise<readonly StoredRecord[]>
  /** Of a topic with `uniqueKeys`: the newest records whose keys begin so, oldest of them first, at most `limit`. */
  findByPrefix(topic: string, prefix: string, limit: number): Promise<readonly StoredRecord[]>
  /**
   * Sets a group's cursor to the first record appended at or after the time, so that it reads again from there. Its
   * state, which is true of another position, goes in the same step: it begins with none.
   */
  replay(topic: string, group: string, fromMs: number): Promise<void>
  status(): Promise<readonly TopicStatus[]>
  /** Applies retention by age and bytes; returns how many records each topic lost unread by a group. */
  sweep(): Promise<Readonly<Record<string, number>>>
}
