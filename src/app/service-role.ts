import type { Config } from '../config/schema.ts'

/** The parts of the service that may run in processes of their own. */
export const serviceRoles = ['ingest', 'detect', 'deliver', 'archive', 'observe'] as const

export type ServiceRole = (typeof serviceRoles)[number]

export type ServiceRoles = ReadonlySet<ServiceRole>

export const allServiceRoles: ServiceRoles = new Set(serviceRoles)

/** In the order of the table, whatever order they were given in. */
export function roleNames(roles: ServiceRoles): readonly ServiceRole[] {
  return serviceRoles.filter((role) => roles.has(role))
}

/** What an operator should know of a choice of roles before it costs a day; undefined when there is nothing to say. */
export function roleWarning(roles: ServiceRoles, { log, roles: rbac }: Config): string | undefined {
  const absent = serviceRoles.filter((role) => !roles.has(role))
  if (log.type === 'memory' && absent.length > 0)
    return `the log is in the memory of this process: nothing else can run ${absent.join(', ')} on it`
  if (log.type === 'sqlite' && absent.length > 0)
    return `the store belongs to this process alone: ${absent.join(', ')} do not run until it is started again with them; roles in several processes need log.type: kafka`
  if (roles.size === 1 && roles.has('observe') && !rbac.observe)
    return 'roles.observe is off in the configuration: this process has nothing to do'
  return undefined
}
