import process from 'node:process'
import { elasticsearch } from './elasticsearch.ts'
import { fetchArtifacts } from './fetch.ts'
import { kafka } from './kafka.ts'
import { opensearch } from './opensearch.ts'

// `npm run test:servers`: fetches the servers that tests start as child processes. Tests themselves fetch nothing.
for (const { name, artifacts } of [elasticsearch, opensearch, kafka])
  process.stdout.write(`${name}: ${await fetchArtifacts(artifacts)}\n`)
