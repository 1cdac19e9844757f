/** The address of a worker's entry file beside the caller: `.ts` when run from source, `.js` when run as published. */
export function workerUrl(callerUrl: string, name: string): URL {
  return new URL(`${name}${callerUrl.endsWith('.ts') ? '.ts' : '.js'}`, callerUrl)
}
