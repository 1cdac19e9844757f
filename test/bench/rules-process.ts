import process from 'node:process'
import { print } from './figures.ts'
import { measureRules, rulesWorkloads } from './rules-figures.ts'

// `NAME COUNT ROUNDS`: the workload, how many rules, how many turns. Prints the figures as JSON.
const [name, count, rounds] = process.argv.slice(2)
if (name !== 'metadata' && name !== 'bodies') throw new Error(`no workload ${name}`)
print(JSON.stringify(await measureRules(rulesWorkloads[name](), Number(count), Number(rounds))))
