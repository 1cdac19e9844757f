import { elasticsearch } from './elasticsearch.ts'
import { opensearch } from './opensearch.ts'
import type { ServerKind } from './servers.ts'

/** A product that the sink writes to, as the suites of both see it. */
export interface TestedProduct {
  readonly type: 'elasticsearch' | 'opensearch'
  readonly name: string
  readonly server: ServerKind
  /** What it says of a document that its mapping does not take. */
  readonly parsingError: string
}

export const testedElasticsearch: TestedProduct = {
  type: 'elasticsearch',
  name: 'Elasticsearch',
  server: elasticsearch,
  parsingError: 'document_parsing_exception',
}

export const testedOpensearch: TestedProduct = {
  type: 'opensearch',
  name: 'OpenSearch',
  server: opensearch,
  parsingError: 'mapper_parsing_exception',
}
