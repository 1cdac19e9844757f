import { hashOfBytes } from '../../util/hash.ts'

/** A cluster in the keys of what is remembered, and in those of clients. */
export interface ClusterName {
  /** Without a slash, and well-formed. */
  readonly encoded: string
  readonly hash: number
}

/** The cluster that was asked for last is known: nearly all events are of the one before. */
export class ClusterNames {
  #latest: string | undefined
  #name: ClusterName = { encoded: '', hash: 0 }

  of(cluster: string): ClusterName {
    if (cluster !== this.#latest) {
      const bytes = Buffer.from(cluster)
      this.#latest = cluster
      this.#name = {
        encoded: encodeURIComponent(cluster.toWellFormed()),
        hash: hashOfBytes(bytes, 0, bytes.length),
      }
    }
    return this.#name
  }
}
