import { type ItemPart, itemParts } from '../../audit/item-keys.ts'

/** Cells of a row in `ItemPlaces`. */
export const width = itemParts.length
const place = (part: ItemPart): number => itemParts.indexOf(part)
/** Which cell of a row is whose. */
export const parts = {
  level: place('level'),
  auditId: place('auditID'),
  stage: place('stage'),
  uri: place('requestURI'),
  verb: place('verb'),
  user: place('user'),
  impersonated: place('impersonatedUser'),
  authentication: place('authenticationMetadata'),
  objectRef: place('objectRef'),
  resource: place('objectRef.resource'),
  namespace: place('objectRef.namespace'),
  name: place('objectRef.name'),
  apiGroup: place('objectRef.apiGroup'),
  subresource: place('objectRef.subresource'),
  code: place('responseStatus.code'),
  body: place('requestObject'),
  time: place('stageTimestamp'),
  annotations: place('annotations'),
  decision: place('annotations.authorization.k8s.io/decision'),
  reason: place('annotations.authorization.k8s.io/reason'),
}
