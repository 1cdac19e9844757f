import type { RequestBox } from './request-box.ts'
import { isAnyText, type TextSet } from './text-set.ts'

/** The requests in a few words: `get of secrets in kube-system by alice`. */
export function describeBox({
  isAuthenticated,
  isResource,
  traits,
  oneOfGroups,
}: RequestBox): string {
  const verbs = isAnyText(traits.verb) ? 'any request' : listed(traits.verb)
  const target = isResource ? describeResource(traits) : `path ${listed(traits.path)}`
  const where = [
    ...(isResource ? (['namespace', 'name'] as const) : [])
      .filter((trait) => !isAnyText(traits[trait]))
      .map((trait) => `${trait} ${listed(traits[trait])}`),
  ]
  const who = isAuthenticated
    ? [
        ...(isAnyText(traits.user) ? [] : [`user ${listed(traits.user)}`]),
        ...oneOfGroups.map((groups) => `group ${groups.join(' or ')}`),
      ]
    : ['a client that failed to authenticate']
  return [`${verbs} of ${target}`, ...where, ...who].join(', ')
}

/** `pods/exec` or `deployments (apps)`. */
export function describeResource(traits: RequestBox['traits']): string {
  const resource = isAnyText(traits.resource) ? 'any resource' : listed(traits.resource)
  const group = isAnyText(traits.apiGroup) ? '' : listed(traits.apiGroup, '')
  const subresource = isAnyText(traits.subresource) ? '' : listed(traits.subresource, '')
  return `${resource}${group === '' ? '' : ` (${group})`}${subresource === '' ? '' : `/${subresource}`}`
}

const maxListed = 4

function listed({ include, exclude }: TextSet, empty = 'none'): string {
  const texts = include.map(({ text, isPrefix }) =>
    isPrefix ? `${text}*` : text === '' ? empty : text,
  )
  const shown = texts.slice(0, maxListed).join(' ')
  const more = texts.length > maxListed ? ` and ${texts.length - maxListed} more` : ''
  const named = exclude.filter(({ text }) => text !== '')
  const but =
    named.length === 0
      ? ''
      : ` but ${named
          .slice(0, maxListed)
          .map(({ text, isPrefix }) => (isPrefix ? `${text}*` : text))
          .join(' ')}`
  return `${shown}${more}${but}`
}
