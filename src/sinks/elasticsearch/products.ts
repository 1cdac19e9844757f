import type { OpensearchSinkConfig } from '../opensearch/config.ts'
import { opensearch } from '../opensearch/opensearch.ts'
import type { ElasticsearchSinkConfig } from './config.ts'
import { elasticsearch } from './elasticsearch.ts'
import type { SearchProduct } from './product.ts'

/** A sink that writes with `_bulk`, whichever product it is for. */
export type SearchSinkConfig = ElasticsearchSinkConfig | OpensearchSinkConfig

export function isSearchSink<T extends { readonly type: string }>(
  config: T,
): config is Extract<T, SearchSinkConfig> {
  return config.type === 'elasticsearch' || config.type === 'opensearch'
}

export function productOf(config: SearchSinkConfig): SearchProduct {
  switch (config.type) {
    case 'elasticsearch':
      return elasticsearch(config)
    case 'opensearch':
      return opensearch(config)
  }
}
