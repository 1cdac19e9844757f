import type { Level } from '../contracts.ts'

/** Sigma's levels, the least severe first. */
export const levels: readonly Level[] = ['informational', 'low', 'medium', 'high', 'critical']
