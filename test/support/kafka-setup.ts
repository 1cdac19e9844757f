import { kafka } from './kafka.ts'
import { sharedServer } from './servers.ts'

export const { setup, teardown } = sharedServer(kafka, 'kafka')
