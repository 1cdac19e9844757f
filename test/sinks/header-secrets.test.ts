import { describe, expect, it } from 'vitest'
import { createSink, sinkConfigSchema } from '../../src/sinks/table.ts'
import { createSinkWorld } from './world.ts'

const url = 'https://receiver.example.com'

describe('a secret that goes into a header', () => {
  it.each([
    { type: 'webhook', url, headers: { authorization: { file: 'secret' } } },
    { type: 'alertmanager', url, bearerTokenFile: 'secret' },
    { type: 'elasticsearch', nodes: [url], apiKeyFile: 'secret' },
    { type: 'slack', tokenFile: 'secret', channel: 'C0123456789' },
  ])('is refused at the start of $type, unquoted, when no header can hold it', async (options) => {
    const start = (secret: string): Promise<void> => {
      const config = sinkConfigSchema.parse({ name: 'sink', ...options })
      return createSink(config, createSinkWorld({ secret })).start()
    }
    const refused = {
      code: 'config.secret',
      message: expect.stringMatching(/^reading a secret of sink sink: it holds a line break/),
      next: 'write the secret alone into secret, on one line',
    }
    for (const secret of ['CANARY\nCANARY', ' CANARY', 'CANARY-é'])
      await expect(start(secret)).rejects.toMatchObject(refused)
    await start('CANARY and more')
  })
})
