/**
 * The interfaces between the folders: types only, and nothing but each other is imported by them.
 *
 * Data flows one way: source → intake → Log "events" → detect → Log "alerts" → deliver → sink.
 */
export type * from './contracts/alert.ts'
export type * from './contracts/event.ts'
export type * from './contracts/log.ts'
export type * from './contracts/rule.ts'
export type * from './contracts/service.ts'
export type * from './contracts/sink.ts'
export type * from './contracts/state.ts'
