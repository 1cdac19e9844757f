import type { Outcome } from '../../contracts.ts'
import type { Mail } from './plan.ts'

/** What came of one message. */
export type Sent =
  | { readonly kind: 'settled'; readonly outcome: Outcome; readonly message?: SentMessage }
  /** It should have gone under or in the place of a message that is not there any more, or may not be touched. */
  | { readonly kind: 'noThread' }

/** Where a message stands. */
export interface SentMessage {
  readonly channel: string
  readonly ts: string
}

/** A way to post, by a webhook or as a bot. */
export interface SlackTransport {
  /** Reads its secret. Rejects with `config.secret` or `config.invalid`. */
  start(): Promise<void>
  send(mail: Pick<Mail, 'message' | 'to'>, signal: AbortSignal): Promise<Sent>
  /** To be called when the other side refuses everything: a replaced secret works without a restart. */
  forget(): void
}
