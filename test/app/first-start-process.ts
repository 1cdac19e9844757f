import process from 'node:process'
import { openRedactionKey } from '../../src/app/redaction-key.ts'
import { ownCertificate } from '../../src/sources/webhook/own-certificate.ts'
import { systemClock } from '../../src/util/clock.ts'
import { ensureTokenFile, readTokenFile } from '../../src/util/token-file.ts'

/** What a process uses after its first start in a data directory. */
export interface FirstStart {
  readonly redactionKey: string
  readonly tokens: readonly string[]
  readonly certificate: string
  readonly key: string
}

// Does in each directory that it is told what a first start does there, and says what it would use.
process.on('message', (dataDirectory: string) => {
  firstStart(dataDirectory).then(
    (used) => process.send?.(used),
    (error: unknown) => process.send?.({ error: String(error) }),
  )
})

async function firstStart(dataDirectory: string): Promise<FirstStart> {
  const key = openRedactionKey({ dataDirectory })
  const path = `${dataDirectory}/tokens/prod`
  ensureTokenFile(path)
  const tokens = await readTokenFile(path)
  const names = ['localhost']
  const pair = await ownCertificate({ dataDirectory, names, clock: systemClock })
  return {
    redactionKey: Buffer.from(key).toString('hex'),
    tokens,
    certificate: pair.cert,
    key: pair.key,
  }
}
