import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import process from 'node:process'
import { parse } from 'yaml'

/** Stands in for the product: takes `serve --config FILE`, is ready at the third question, and ends at SIGTERM. */
const [command, option, file = ''] = process.argv.slice(2)
const config = parse(readFileSync(file, 'utf8')) as {
  admin: { listen: string } // the test writes it
  behaviour?: 'refuses' | 'ignores SIGTERM' | 'never ready'
}
if (config.behaviour === 'refuses') {
  process.stderr.write('config.invalid: checking the configuration; mend it\n')
  process.exit(2)
}
let questions = 0
const server = createServer((request, response) => {
  questions++
  const isReady = request.url === '/readyz' && questions > 2 && config.behaviour !== 'never ready'
  response.writeHead(isReady ? 200 : 503).end()
})
server.listen(Number(config.admin.listen.split(':')[1]), '127.0.0.1', () => {
  process.stdout.write(`${command} ${option}\n${JSON.stringify(config)}\n`)
  process.stderr.write('listening\n')
})
process.on('SIGTERM', () => {
  if (config.behaviour === 'ignores SIGTERM') return
  process.stdout.write('stopping\n')
  server.close()
  server.closeAllConnections()
})
