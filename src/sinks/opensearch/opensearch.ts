import type { SearchProduct } from '../elasticsearch/product.ts'
import { accessRequest } from './access.ts'
import { clientOptions, connect } from './client.ts'
import type { OpensearchSinkConfig } from './config.ts'

/** OpenSearch as the product that a sink of this configuration writes to. */
export function opensearch(config: OpensearchSinkConfig): SearchProduct {
  return {
    words: {
      name: 'OpenSearch',
      stranger: {
        problem: 'the server says that it is Elasticsearch',
        next: 'use a sink of type elasticsearch, or point nodes at OpenSearch 2.7 or later',
      },
      nodesAdvice: 'check that nodes are addresses of OpenSearch 2.7 or later',
    },
    dialect: {
      // An alert stays as it is, so that its group, whose values may be of any length, is kept and not searchable.
      flattened: { alerts: { type: 'object', enabled: false }, events: { type: 'flat_object' } },
      maxFlatTextLength: 8191,
      hasOptionalComponents: false,
      // Policies of its index state management name indices themselves.
      alertSettings: {},
      eventLife: {},
    },
    access: accessRequest(config),
    read: async (readSecret) => {
      await clientOptions(config, readSecret)
    },
    connect: (readSecret) => connect(config, readSecret),
  }
}
