import type { Alarm } from './alarms.ts'

/* What is told of senders. Every process that receives finds the same, with the same beginning: it is stored once. */

export function clusterSilent(cluster: string, lastMs: number): Alarm {
  const since = new Date(lastMs).toISOString()
  return {
    code: 'sender_silent',
    cluster,
    subject: since,
    sinceMs: lastMs,
    message: `No audit events from cluster ${cluster} since ${since}; look at apiserver_audit_error_total and the API server's log`,
  }
}

export function senderSilent(cluster: string, name: string, lastMs: number): Alarm {
  const since = new Date(lastMs).toISOString()
  return {
    code: 'apiserver_silent',
    cluster,
    subject: name,
    sinceMs: lastMs,
    message: `No audit events from the API server at ${name} of cluster ${cluster} since ${since}, while others send; if it was not taken away, look at its log`,
  }
}

export function senderLow(cluster: string, name: string, nowMs: number): Alarm {
  return {
    code: 'apiserver_events_low',
    cluster,
    subject: name,
    // What is low is told of whole minutes.
    sinceMs: Math.floor(nowMs / 60_000) * 60_000,
    message: `The API server at ${name} of cluster ${cluster} sends less than a tenth of its usual events (at ${new Date(nowMs).toISOString()}); see whether its audit policy was changed, or requests no longer reach it`,
  }
}

export function restarted(cluster: string, name: string, atMs: number): Alarm {
  return {
    code: 'apiserver_restarted',
    cluster,
    subject: name,
    sinceMs: atMs,
    message: `The API server at ${name} of cluster ${cluster} has started anew (by ${new Date(atMs).toISOString()}); its last events before may be missing`,
  }
}
