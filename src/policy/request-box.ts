import {
  anyText,
  exactly,
  hasNoText,
  intersectTexts,
  isAnyText,
  prefix,
  type TextPattern,
  type TextSet,
  textsOf,
  withoutTexts,
} from './text-set.ts'

/** What a request is told by, each for itself. Absent is the empty text: the core group, no subresource, no namespace. */
export const requestTraits = [
  'user',
  'verb',
  'apiGroup',
  'resource',
  'subresource',
  'namespace',
  'name',
  'path',
] as const
export type RequestTrait = (typeof requestTraits)[number]

/**
 * A set of requests of one kind: those that have all the traits. `groups` of the user: one of each list, none of the others.
 */
export interface RequestBox {
  readonly isAuthenticated: boolean
  readonly isResource: boolean
  readonly traits: Readonly<Record<RequestTrait, TextSet>>
  readonly oneOfGroups: readonly (readonly string[])[]
  readonly noGroups: readonly string[]
}

/** All requests of a kind. */
export function everyRequest(isAuthenticated: boolean, isResource: boolean): RequestBox {
  const nothing = exactly('')
  return {
    isAuthenticated,
    isResource,
    traits: {
      user: isAuthenticated ? anyText : nothing,
      verb: anyText,
      apiGroup: isResource ? anyText : nothing,
      resource: isResource ? anyText : nothing,
      subresource: isResource ? anyText : nothing,
      namespace: isResource ? anyText : nothing,
      name: isResource ? anyText : nothing,
      path: isResource ? nothing : anyText,
    },
    oneOfGroups: [],
    noGroups: [],
  }
}

export function narrow(box: RequestBox, trait: RequestTrait, texts: TextSet): RequestBox {
  return {
    ...box,
    traits: { ...box.traits, [trait]: intersectTexts(box.traits[trait], texts) },
  }
}

/** What is in both, or undefined when nothing is. */
export function intersectBoxes(a: RequestBox, b: RequestBox): RequestBox | undefined {
  if (a.isAuthenticated !== b.isAuthenticated || a.isResource !== b.isResource) return undefined
  const traits: Record<RequestTrait, TextSet> = { ...a.traits }
  for (const trait of requestTraits) {
    if (isAnyText(b.traits[trait])) continue
    traits[trait] = intersectTexts(a.traits[trait], b.traits[trait])
    if (hasNoText(traits[trait])) return undefined
  }
  const box = {
    ...a,
    traits,
    oneOfGroups: [...a.oneOfGroups, ...b.oneOfGroups],
    noGroups: [...a.noGroups, ...b.noGroups],
  }
  return isEmptyBox(box) ? undefined : box
}

/** No request of a real API server is in it. */
export function isEmptyBox(box: RequestBox): boolean {
  return (
    requestTraits.some((trait) => hasNoText(box.traits[trait])) ||
    (box.isAuthenticated && !hasPossibleUser(box)) ||
    (box.isResource && !hasPossibleVerb(box))
  )
}

/**
 * Some part of a box that is in none of the others, or undefined when they cover it. The others have no `noGroups` and no
 * exclusions, as rules of an audit policy have none. The box itself when the search takes too long: a part may be left.
 */
export function uncoveredPart(
  box: RequestBox,
  covers: readonly RequestBox[],
): RequestBox | undefined {
  const steps = { left: 20_000 }
  return search(box, covers, 0, steps)
}

function search(
  box: RequestBox,
  covers: readonly RequestBox[],
  from: number,
  steps: { left: number },
): RequestBox | undefined {
  steps.left -= 1
  if (steps.left < 0) return box
  for (let i = from; i < covers.length; i++) {
    const cover = covers[i]
    if (cover === undefined || intersectBoxes(box, cover) === undefined) continue
    for (const part of partsOutside(box, cover)) {
      const found = search(part, covers, i + 1, steps)
      if (found !== undefined) return found
    }
    return undefined
  }
  return box
}

/** The box less the cover, in pieces that do not overlap. */
function partsOutside(box: RequestBox, cover: RequestBox): readonly RequestBox[] {
  const parts: RequestBox[] = []
  let inside = box
  for (const trait of requestTraits) {
    if (isAnyText(cover.traits[trait])) continue
    const removed: readonly TextPattern[] = cover.traits[trait].include
    const outside = withoutTexts(inside.traits[trait], removed)
    parts.push({ ...inside, traits: { ...inside.traits, [trait]: outside } })
    inside = narrow(inside, trait, cover.traits[trait])
  }
  for (const groups of cover.oneOfGroups) {
    parts.push({ ...inside, noGroups: [...inside.noGroups, ...groups] })
    inside = { ...inside, oneOfGroups: [...inside.oneOfGroups, groups] }
  }
  return parts.filter((part) => !isEmptyBox(part))
}

const collectionVerbs = new Set(['list', 'watch', 'deletecollection'])
const sessions = new Set(['exec', 'attach', 'portforward'])

/** A collection has no subresources; a session is opened by GET or POST (`requestinfo.go`, `pods/exec` storage). */
function hasPossibleVerb({ traits }: RequestBox): boolean {
  const verbs = textsOf(traits.verb)
  const subresources = textsOf(traits.subresource)
  const isNamed = hasNoText(intersectTexts(traits.subresource, exactly('')))
  if (verbs === undefined) return true
  if (subresources?.every((subresource) => sessions.has(subresource)))
    return verbs.some((verb) => verb === 'get' || verb === 'create')
  return !isNamed || verbs.some((verb) => !collectionVerbs.has(verb))
}

/** Some user of the box may be in the groups that it asks for, and out of the others. */
function hasPossibleUser({ traits, oneOfGroups, noGroups }: RequestBox): boolean {
  if (oneOfGroups.length === 0 && noGroups.length === 0) return true
  const isOut = (group: string): boolean => noGroups.includes(group)
  // Everybody who is authenticated, anonymously or not, is in one of them (`authenticatedgroup`).
  if (isOut('system:authenticated') && isOut('system:unauthenticated')) return false
  const accounts = { include: [prefix(serviceAccount)], exclude: [] }
  const hasAccounts = !hasNoText(intersectTexts(traits.user, accounts))
  const canBeIn = (group: string): boolean => !isOut(group) && (hasAccounts || !isOfAccounts(group))
  return traits.user.include.some((user) => {
    const { certain, canHave } = groupsOf(user)
    return (
      !certain.some(isOut) &&
      oneOfGroups.every((groups) => groups.some((group) => canBeIn(group) && canHave(group)))
    )
  })
}

interface UserGroups {
  readonly certain: readonly string[]
  readonly canHave: (group: string) => boolean
}

const serviceAccount = 'system:serviceaccount:'

function isOfAccounts(group: string): boolean {
  return group.startsWith('system:serviceaccounts')
}

/** The groups that the API server gives by a user's name. */
function groupsOf({ text, isPrefix }: TextPattern): UserGroups {
  if (text.startsWith(serviceAccount)) {
    const [namespace, name] = text.slice(serviceAccount.length).split(':')
    const own = name === undefined ? [] : [`system:serviceaccounts:${namespace}`]
    const certain = ['system:authenticated', 'system:serviceaccounts', ...own]
    const isOfNamespace = (group: string): boolean => group.startsWith('system:serviceaccounts:')
    return {
      certain,
      canHave: (g) => certain.includes(g) || (own.length === 0 && isOfNamespace(g)),
    }
  }
  if (isPrefix && 'system:serviceaccount:'.startsWith(text))
    return { certain: [], canHave: () => true }
  if (text === 'system:anonymous' && !isPrefix)
    return { certain: ['system:unauthenticated'], canHave: (g) => g === 'system:unauthenticated' }
  if (text.startsWith('system:bootstrap:')) {
    const certain = ['system:authenticated', 'system:bootstrappers']
    return { certain, canHave: (g) => certain.includes(g) || g.startsWith('system:bootstrappers:') }
  }
  const certain = [
    ...(isPrefix && 'system:anonymous'.startsWith(text) ? [] : ['system:authenticated']),
    ...(text.startsWith('system:node:') ? ['system:nodes'] : []),
  ]
  const canHave = (group: string): boolean =>
    !isOfAccounts(group) && (group !== 'system:unauthenticated' || certain.length === 0)
  return { certain, canHave }
}
