import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { findCanaries, readCanaries } from '../support/canaries.ts'
import { recordingsFolder } from '../support/recordings.ts'
import { createTemporaryFolder } from '../support/temporary-folder.ts'

const text = 'before\n\u0000CANARY-one after'

async function setUp(files: Readonly<Record<string, Uint8Array | string>>) {
  const folder = await createTemporaryFolder()
  const canaryFile = join(folder.path, 'canaries.txt')
  await writeFile(canaryFile, '# a comment\nCANARY-one\n\nQ0FOQVJZLXR3bw==\n')
  const searched = join(folder.path, 'searched')
  await mkdir(join(searched, 'deeper'), { recursive: true })
  for (const [name, bytes] of Object.entries(files)) await writeFile(join(searched, name), bytes)
  return { folder, canaryFile, searched }
}

describe('the search for canaries', () => {
  it('finds every one in every file below, and says where', async () => {
    const { folder, canaryFile, searched } = await setUp({
      clean: 'nothing here, not even CANARY-on',
      plain: text,
      'deeper/twice': 'CANARY-oneQ0FOQVJZLXR3bw==CANARY-one',
    })
    await using _ = folder
    expect(await findCanaries({ paths: [searched], canaryFile })).toEqual([
      ...[
        { canary: 'CANARY-one', offset: 0 },
        { canary: 'Q0FOQVJZLXR3bw==', offset: 10 },
        { canary: 'CANARY-one', offset: 26 },
      ].map((hit) => ({
        ...hit,
        file: join(searched, 'deeper/twice'),
        context: 'CANARY-oneQ0FOQVJZLXR3bw==CANARY-one',
      })),
      {
        file: join(searched, 'plain'),
        canary: 'CANARY-one',
        offset: 8,
        context: 'before..CANARY-one after',
      },
    ])
  })

  it('unpacks files that are gzip or zstd as a whole', async () => {
    const { folder, canaryFile, searched } = await setUp({
      'a.gz': gzipSync(text),
      b: zstdCompressSync(text.repeat(50)),
    })
    await using _ = folder
    const hits = await findCanaries({ paths: [searched], canaryFile })
    const countOf = (piece: string) => hits.filter((hit) => hit.piece === piece).length
    expect([countOf('gzip'), countOf('zstd')]).toEqual([1, 50])
  })

  it('searches what the callback decodes', async () => {
    const { folder, canaryFile, searched } = await setUp({ 'store.db': 'pages' })
    await using _ = folder
    const hits = await findCanaries({
      paths: [join(searched, 'store.db')],
      canaryFile,
      decode: function* (file) {
        yield { name: `record 1 of ${file.endsWith('store.db')}`, bytes: Buffer.from('clean') }
        yield { name: 'record 2', bytes: new TextEncoder().encode(text).subarray(1) }
      },
    })
    expect(hits).toEqual([
      {
        file: join(searched, 'store.db'),
        piece: 'record 2',
        canary: 'CANARY-one',
        offset: 7,
        context: 'efore..CANARY-one after',
      },
    ])
  })

  it('finds one at the border of two reads or across it, once', async () => {
    const border = 16 * 1024 * 1024
    const bytes = Buffer.alloc(border + 100, 'x')
    bytes.write('CANARY-one', border - 12)
    bytes.write('Q0FOQVJZLXR3bw==', border - 2)
    bytes.write('CANARY-one', border + 50)
    const { folder, canaryFile, searched } = await setUp({ large: bytes })
    await using _ = folder
    const hits = await findCanaries({ paths: [searched], canaryFile })
    expect(hits.map((hit) => hit.offset)).toEqual([border - 12, border - 2, border + 50])
  })

  it('refuses a path that is not there, because that would look clean', async () => {
    const { folder, canaryFile, searched } = await setUp({})
    await using _ = folder
    const search = findCanaries({ paths: [join(searched, 'missing')], canaryFile })
    await expect(search).rejects.toThrow('it is not there')
  })

  it('finds the canaries of the recordings in the recordings', async () => {
    const canaryFile = join(recordingsFolder, 'canaries.txt')
    expect(readCanaries(canaryFile).length).toBeGreaterThan(30)
    const paths = [join(recordingsFolder, 'special'), join(recordingsFolder, 'attacks')]
    const hits = await findCanaries({ paths, canaryFile })
    expect(hits.length).toBeGreaterThan(50)
  })
})
