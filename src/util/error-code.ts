/** The code that the system gives an error, such as `ENOENT`; undefined for an error of another kind. */
export function errorCodeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined
}
