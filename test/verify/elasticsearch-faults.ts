import process from 'node:process'
import { runFaults } from '../support/elasticsearch-faults.ts'
import { testedElasticsearch, testedOpensearch } from '../support/search-products.ts'

// node test/verify/elasticsearch-faults.ts [BODIES] [opensearch]: events and alerts against a server that is killed, hangs and refuses.
const bodies = Number(process.argv[2] ?? 250)
const product = process.argv[3] === 'opensearch' ? testedOpensearch : testedElasticsearch
const figures = await runFaults(product, { bodies, downMs: 8000 })
process.stdout.write(`${JSON.stringify(figures ?? 'there is no server to be had', undefined, 2)}\n`)
