import type { ReadSecret } from '../../util/secret.ts'
import type { BulkItem } from './faults.ts'

/** What is asked of a client. It repeats nothing, and rejects with errors that `faults.ts` tells by their names. */
export interface SearchClient {
  /** Lines of a `_bulk` body. Of the answer only what `BulkItem` has. */
  bulk(lines: readonly string[], signal: AbortSignal): Promise<BulkAnswer>
  /** The body of the answer. */
  request(request: SearchRequest, signal: AbortSignal): Promise<unknown>
  close(): Promise<void>
}

/** One item for each document, in order, under the name of its action. */
export interface BulkAnswer {
  readonly items?: readonly Readonly<Record<string, BulkItem>>[]
}

export interface SearchRequest {
  readonly method: 'GET' | 'PUT'
  readonly path: string
  readonly body?: object
}

/** What Elasticsearch and OpenSearch differ in; all else of the sink is the same for both. */
export interface SearchProduct {
  readonly words: ProductWords
  readonly dialect: Dialect
  readonly access: Access
  /** Reads what a client needs of files and the environment. Rejects with `config.secret` or `tls.invalid`. Nothing is asked of anybody. */
  read(readSecret: ReadSecret): Promise<void>
  connect(readSecret: ReadSecret, signal: AbortSignal): Promise<SearchClient>
}

export interface ProductWords {
  readonly name: 'Elasticsearch' | 'OpenSearch'
  /** Said of a server that is another product. */
  readonly stranger: { readonly problem: string; readonly next: string }
  /** What to do about an answer that makes no sense. */
  readonly nodesAdvice: string
}

/** How templates and documents have to be written. */
export interface Dialect {
  /** In place of the type `flattened`, where the server does not have it. */
  readonly flattened?: { readonly alerts: object; readonly events: object }
  /** Longer texts in fields of that type would make the server refuse the document. In characters. */
  readonly maxFlatTextLength: number
  /** An index template may name a component template that is not there. */
  readonly hasOptionalComponents: boolean
  /** How long alerts live: settings of their indices. */
  readonly alertSettings: object
  /** How long events live: a part of the template of their data stream. */
  readonly eventLife: object
}

/** Who may do what, for people who do it by hand. */
export interface Access {
  /** What whoever makes the templates, and the access of the service, needs. */
  readonly setupNeeds: string
  /** A comment, and the request that makes the access of the service. */
  readonly comment: string
  readonly request: {
    readonly method: 'POST' | 'PUT'
    readonly path: string
    readonly body: object
  }
}
