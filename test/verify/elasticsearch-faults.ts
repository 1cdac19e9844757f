import process from 'node:process'
import { runFaults } from '../support/elasticsearch-faults.ts'

// node test/verify/elasticsearch-faults.ts [BODIES]: events and alerts against a server that is killed, hangs and refuses.
const bodies = Number(process.argv[2] ?? 250)
const figures = await runFaults({ bodies, downMs: 8000 })
process.stdout.write(`${JSON.stringify(figures ?? 'there is no server to be had', undefined, 2)}\n`)
