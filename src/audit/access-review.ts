import { z } from 'zod'
import { isWireObject } from './wire.ts'

const text = z.string().nullish()
const texts = z.array(z.string()).nullish()
const selector = z.looseObject({}).nullish()

const resourceFields = {
  namespace: text,
  verb: text,
  group: text,
  version: text,
  resource: text,
  subresource: text,
  name: text,
  fieldSelector: selector,
  labelSelector: selector,
}
const nonResourceFields = { path: text, verb: text }
const specFields = {
  user: text,
  groups: texts,
  uid: text,
  extra: z.record(z.string(), texts).nullish(),
  resourceAttributes: z.looseObject(resourceFields).nullish(),
  nonResourceAttributes: z.looseObject(nonResourceFields).nullish(),
}
const schema = z.looseObject(specFields)

/** `spec` of a `SubjectAccessReview` (authorization.k8s.io/v1). Null is absent, as for the API server. */
export type AccessReviewSpec = z.infer<typeof schema>

export interface ParsedAccessReview {
  readonly spec: AccessReviewSpec
  /** Fields that no access review has, such as `resourceAttributes.subResource`; they mean nothing. */
  readonly unknownFields: readonly string[]
}

/**
 * A request as a `SubjectAccessReview` says it, or what is wrong with it, one sentence. As for the API server, exactly one of
 * `resourceAttributes` and `nonResourceAttributes` has to be there (`pkg/apis/authorization/validation`).
 */
export function parseAccessReview(value: unknown): ParsedAccessReview | { readonly wrong: string } {
  const result = schema.safeParse(value)
  if (!result.success) {
    const [issue] = result.error.issues
    return { wrong: `${issue?.path.join('.') || 'the request'}: ${issue?.message}` }
  }
  const spec = result.data
  const { resourceAttributes, nonResourceAttributes } = spec
  const isResource = isWireObject(resourceAttributes)
  if (isResource === isWireObject(nonResourceAttributes)) {
    const hint = isWireObject(spec['spec']) ? '; give the spec of the review alone' : ''
    return {
      wrong: `has ${isResource ? 'both' : 'neither'} resourceAttributes ${isResource ? 'and' : 'nor'} nonResourceAttributes, and a request has exactly one${hint}`,
    }
  }
  return {
    spec,
    unknownFields: [
      ...unknownKeys(spec, specFields, ''),
      ...unknownKeys(resourceAttributes, resourceFields, 'resourceAttributes.'),
      ...unknownKeys(nonResourceAttributes, nonResourceFields, 'nonResourceAttributes.'),
    ],
  }
}

function unknownKeys(object: unknown, known: object, prefix: string): string[] {
  return isWireObject(object)
    ? Object.keys(object)
        .filter((key) => !Object.hasOwn(known, key))
        .map((key) => prefix + key)
    : []
}
