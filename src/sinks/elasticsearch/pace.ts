/** How much may be asked of a server at a time. */
export interface Pace {
  /** Requests under way. */
  readonly requests: number
  /** Bytes of one request. */
  readonly bytes: number
}

export interface PaceLimits {
  readonly maxRequests: number
  readonly maxBytes: number
  /** Documents of one request. */
  readonly maxItems: number
}

const minBytes = 64 * 1024

/** It begins with little, and finds out. */
export function firstPace({ maxRequests, maxBytes }: PaceLimits): Pace {
  return { requests: Math.min(2, maxRequests), bytes: maxBytes }
}

/** After the server has said that it is too much: half of each. */
export function slower({ requests, bytes }: Pace): Pace {
  return {
    requests: Math.max(1, Math.floor(requests / 2)),
    bytes: Math.max(minBytes, Math.floor(bytes / 2)),
  }
}

/** After as many requests in a row were taken as may be under way: one more, and a quarter more bytes. */
export function faster({ requests, bytes }: Pace, limits: PaceLimits): Pace {
  return {
    requests: Math.min(limits.maxRequests, requests + 1),
    bytes: Math.min(limits.maxBytes, Math.ceil(bytes * 1.25)),
  }
}
