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
