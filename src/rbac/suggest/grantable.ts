import { type AccessRequest, cutMark } from '../observe/access.ts'

const namespaceName = /^[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?$/

/** Why no rule can be written for the request, or undefined when one can. */
export function whyNotGrantable(request: AccessRequest): string | undefined {
  const { isResource, verb, path, apiGroup, resource, subresource, namespace, name } = request
  const texts = isResource ? [verb, apiGroup, resource, subresource, namespace] : [verb, path]
  if (texts.some((text) => text.endsWith(cutMark)))
    return 'it is too long to be something that exists'
  if (
    [verb, apiGroup, resource, subresource, name].includes('*') ||
    (!isResource && path.endsWith('*'))
  )
    return 'a rule of that text would be a wildcard'
  if (isResource && resource === '') return 'it names no resource'
  if (namespace !== '' && !namespaceName.test(namespace)) return 'no namespace can have that name'
  return undefined
}
