import { elasticsearch } from './elasticsearch.ts'
import { sharedServer } from './servers.ts'

export const { setup, teardown } = sharedServer(elasticsearch, 'elasticsearch')
