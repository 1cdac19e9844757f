import { z } from 'zod'

/** Where a listing goes on: opaque to clients. */
export interface Cursor {
  /** Exclusive: records older than this offset. */
  readonly after: number
  /** Where the listing began: what was appended behind it is for the next one. */
  readonly newest: number
}

const cursorSchema = z.tuple([z.int().min(0), z.int().min(0)])

export function encodeCursor({ after, newest }: Cursor): string {
  return Buffer.from(JSON.stringify([after, newest])).toString('base64url')
}

/** Undefined for anything that `encodeCursor` did not make. */
export function decodeCursor(text: string): Cursor | undefined {
  try {
    const [after, newest] = cursorSchema.parse(
      JSON.parse(Buffer.from(text, 'base64url').toString('utf8')),
    )
    return { after, newest }
  } catch {
    return undefined
  }
}
