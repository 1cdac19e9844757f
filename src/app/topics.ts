/** The topics of the log, and who reads them. */
export const eventsTopic = 'events'
export const alertsTopic = 'alerts'
export const rejectedTopic = 'rejected'
export const deadLetterTopic = 'dead-letter'
/** What people have silenced through the API; the last record of an id is the silence. */
export const silencesTopic = 'silences'
/** What each process that receives has heard of senders: together they know who is silent. */
export const sendersTopic = 'senders'

/** The group that evaluates events; retention never takes what it has not read. */
export const detectGroup = 'detect'

/** The group that keeps access profiles. Retention does not wait for it. */
export const observeGroup = 'observe'

/** The group of one sink. */
export function sinkGroup(name: string): string {
  return `sink:${name}`
}

/** The group that brings events to the archive of one sink. Retention does not wait for it. */
export function archiveGroup(name: string): string {
  return `archive:${name}`
}
