import { opensearch } from './opensearch.ts'
import { sharedServer } from './servers.ts'

export const { setup, teardown } = sharedServer(opensearch, 'opensearch')
