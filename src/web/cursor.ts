import { z } from 'zod'

/** Where a listing goes on: opaque to clients. */
export interface Cursor {
  /** Exclusive: records older than this offset. */
  readonly after: number
  /** Short hashes of items that were seen, and whose older revisions may still come. */
  readonly seen: readonly string[]
}

const cursorSchema = z.tuple([z.int().min(0), z.array(z.string().max(16)).max(1000)])

export function encodeCursor({ after, seen }: Cursor): string {
  return Buffer.from(JSON.stringify([after, seen])).toString('base64url')
}

/** Undefined for anything that `encodeCursor` did not make. */
export function decodeCursor(text: string): Cursor | undefined {
  try {
    const [after, seen] = cursorSchema.parse(
      JSON.parse(Buffer.from(text, 'base64url').toString('utf8')),
    )
    return { after, seen }
  } catch {
    return undefined
  }
}
